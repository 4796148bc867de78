/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals that concern the terminal.
 *
 * A crash must not leave a screen behind in which nobody can type: while armed, a fatal signal
 * first puts the terminal back, then does what it would have done. A request to stop (^Z), a
 * continue and a new size are only noted; the screen is put away and brought back by the main
 * thread, because nothing that draws is safe in a handler.
 *
 * There is one terminal and signals have no argument, so this is the one module with state of
 * its own. Main thread, but for the handlers.
 */
#ifndef TUI_RESCUE_H
#define TUI_RESCUE_H

#include <stdbool.h>
#include <termios.h>

#define RESCUE_LEAVE_BYTES 256

/* `modes` of the terminal `fd` before it was taken over, and the bytes that leave the screen
 * (at most RESCUE_LEAVE_BYTES, more are cut). Both are copied. */
void rescue_arm(int fd, const struct termios *modes, const char *leave);

/* Puts the handlers back that were there before. Harmless when not armed. */
void rescue_disarm(void);

/* Puts the terminal back at once, for a handler that ends the process. Harmless when not armed.
 * Any thread, also in a signal handler. */
void rescue_terminal(void);

/* Whether such a signal came since the last call. */
bool rescue_take_stop(void);
bool rescue_take_continue(void);
bool rescue_take_resize(void);

/* Stops the process as the signal would have done; returns when it continues. */
void rescue_stop(void);

#endif
