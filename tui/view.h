/* SPDX-License-Identifier: BSD-2-Clause */
/* How the user looks at it: what the model keeps of panes, open screens and what is being typed. */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "sink/sink.h"
#include "tui/filter.h"
#include "tui/journal.h"
#include "tui/ladder.h"
#include "tui/layout.h"
#include "tui/order.h"

#define VIEW_PACKET_BYTES 4096 /* more of a packet is not shown */

enum time_form {
    TIME_CLOCK,
    TIME_SINCE_START,
    TIME_DELTA, /* Latest: after the failure before it; Where: until now; packets: as Latest */
    TIME_FORM_COUNT
};

/* The cursor and the part of the rows that is in sight. */
struct pane_view {
    uint32_t n_rows;
    uint32_t cursor;    /* < n_rows; 0 where there is none */
    uint32_t first;     /* row at the top */
    uint32_t n_visible; /* rows that the pane has room for */
    int line;           /* of the screen, for the row at the top */
    bool is_held;       /* the cursor stays with its row; false: it stays on the first one */
};

/* What is open below the overview. */
struct visit {
    struct where_id endpoint;     /* on the endpoint screen and beyond */
    enum pane left;               /* of the overview, to go back to */
    uint64_t flow[JOURNAL_SHARE]; /* its failed flows, newest first; view[PANE_FLOWS] counts them */
    /* On the flow screen: a copy, for the journal may forget it. */
    struct connection_event failure;
    struct ladder ladder;
    enum time_form time_form; /* of its packets */
    bool shows_raw_numbers, shows_options;
};

/* One packet as it was captured. */
struct packet_bytes {
    uint64_t frame;
    uint32_t n, captured, wire; /* bytes: here, captured, on the wire */
    uint8_t at[VIEW_PACKET_BYTES];
};

enum overlay {
    OVERLAY_NONE,
    OVERLAY_HELP,
    OVERLAY_HEALTH, /* of the capture */
    OVERLAY_COUNT
};

enum prompt_kind {
    PROMPT_NONE,
    PROMPT_FIND,
    PROMPT_FILTER,
    PROMPT_SAVE,    /* packets */
    PROMPT_REPORT,  /* its file */
    PROMPT_REPLACE, /* whether to, y or n: words is the file */
    PROMPT_KIND_COUNT
};

#define PROMPT_BYTES 128

/* What is being typed in the last line. */
struct prompt {
    enum prompt_kind kind; /* PROMPT_NONE: keys are commands */
    char words[PROMPT_BYTES];
    char before[FILTER_BYTES]; /* the filter to go back to */
    uint32_t from;             /* the row to go back to */
    enum sink_wish_kind wish;  /* that words is the path of */
    bool may_replace;          /* said with y */
};

#endif
