// SPDX-License-Identifier: Apache-2.0
// Room behind a program's last variable: some write past their arrays through DMA. Linked last.
char gemel_native_slack[256 * 1024];
