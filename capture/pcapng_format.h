/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of the pcapng format (draft-ietf-opsawg-pcapng) that its reader and writer share. */
#ifndef CAPTURE_PCAPNG_FORMAT_H
#define CAPTURE_PCAPNG_FORMAT_H

/* Block types, section 4. */
#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_OLD_PACKET 2u
#define BLOCK_SIMPLE_PACKET 3u
#define BLOCK_STATISTICS 5u
#define BLOCK_PACKET 6u

#define BYTE_ORDER_MAGIC 0x1a2b3c4du

/* Type, length, body, length again. */
#define BLOCK_HEADER_BYTES 8
#define BLOCK_TRAILER_BYTES 4
#define BLOCK_MIN_BYTES 12

/* Options, section 3.5: code and length, value padded to four bytes. */
#define OPTION_HEADER_BYTES 4
#define OPTION_END 0u
#define OPTION_COMMENT 1u

#define OPTION_SECTION_OS 3u
#define OPTION_SECTION_APPLICATION 4u

#define OPTION_IF_NAME 2u
#define OPTION_IF_DESCRIPTION 3u
#define OPTION_IF_TSRESOL 9u
#define OPTION_IF_FILTER 11u
#define OPTION_IF_TSOFFSET 14u

#define OPTION_STATS_RECEIVED 4u
#define OPTION_STATS_DROPPED 5u

#endif
