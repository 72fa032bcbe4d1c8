// SPDX-License-Identifier: Apache-2.0

/// What the counters can count, as it is in one cycle.
package counter_pkg;
  /// Entries of a class of the station, or slots of a DMA unit.
  typedef logic [15:0] count_t;

  /// The station's part. A class is busy while one of its entries is issued and not complete.
  typedef struct packed {
    logic   load_busy;
    logic   execute_busy;
    logic   store_busy;
    count_t load_entries;  // held
    count_t execute_entries;
    count_t store_entries;
    logic   allocates;  // takes a command
  } station_activity_t;

  typedef struct packed {
    station_activity_t station;
    logic   load_active;    // requests rows of an mvin, or takes a configuration
    logic   load_waits;     // with an mvin of which no row was requested
    logic   store_active;   // hands out elements of an mvout, or takes a configuration
    logic   store_waits;    // for a tracker
    logic   store_refused;  // the dispatch queue has no room
    logic   reader_active;  // the DMA reader has a row to work on
    logic   reader_refused; // and the port is not granted
    count_t reader_slots;   // taken
    logic   writer_active;
    logic   writer_refused;
    count_t writer_slots;
    logic   feeding;      // a request is being fed to the array
    logic   matmul_loop;  // a slot of the matmul unroller is configured
    logic   read_beat;    // a beat is taken from memory
    logic   write_beat;   // a beat is sent to memory
  } events_t;
endpackage : counter_pkg
