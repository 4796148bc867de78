/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dashboard: a sink with a keyboard. It knows nothing but snapshots, events and the run_info.
 *
 * open's `argument` is not a place to write to but the looks: NULL, or words joined by commas of
 * color=auto|never|always and theme=ansi|mono|okabe. run_info.is_ascii asks for ASCII only; the
 * terminal may need that anyway.
 *
 * Give it about ten snapshots a second (model.h counts on that) and call sink_input() when its
 * descriptor is readable. Signals of the terminal need no more than that one of the two is called
 * soon after. SIGINT, SIGTERM and SIGHUP are the program's: they end the run, and sink_close()
 * puts the terminal back and prints one line of counts. SIGTSTP, SIGCONT and the fatal signals are
 * handled here while the sink is open.
 */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include "sink/sink.h"

extern const struct sink_ops sink_tui;

#endif
