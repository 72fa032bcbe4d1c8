// SPDX-License-Identifier: Apache-2.0
// Room behind a program's last variable: some write past their arrays through DMA, whole layers of a network with a
// wrong stride. Linked last; what nobody touches costs nothing.
char gemel_native_slack[4 * 1024 * 1024];
