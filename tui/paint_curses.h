/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal, through ncurses: the only place that knows it. One at a time; main thread only.
 *
 * However the program ends, the terminal is left as it was found: by terminal_close(), by the
 * handlers of rescue.h when a signal kills the process, and between a stop and a continue.
 */
#ifndef TUI_PAINT_CURSES_H
#define TUI_PAINT_CURSES_H

#include <stdbool.h>

#include "base/err.h"
#include "tui/paint.h"
#include "tui/theme.h"

struct terminal;

/* Takes over the terminal: keys from standard input, or from /dev/tty where that is a pipe;
 * the screen is on standard output. Sets the locale's LC_CTYPE from the environment. Refuses
 * (-ENOTTY, -ENXIO) where there is no terminal or terminfo cannot drive it. */
int terminal_open(struct terminal **out, const struct theme_wish *wish, bool is_ascii,
                  struct err *err) MUST_CHECK;

/* NULL is fine. */
void terminal_close(struct terminal *terminal);

/* Valid until terminal_close(); its size changes in terminal_sync(). */
struct paint *terminal_paint(struct terminal *terminal);

/* To poll for keys. */
int terminal_fd(const struct terminal *terminal);

/* Follows the size of the window and obeys a request to stop, in which case it returns after the
 * continue. True where the screen must be drawn again. Call it before anything else is done. */
bool terminal_sync(struct terminal *terminal);

/* The next waiting key (keys.h); 0 = none. Never blocks. */
int terminal_key(struct terminal *terminal);

/* The terminal hung up (closed window, lost SSH): no key will ever come. */
bool terminal_is_gone(const struct terminal *terminal);

/* Whether clicks and the wheel come as keys; selecting text needs the terminal's own key then. Off
 * at the start. */
void terminal_set_mouse(struct terminal *terminal, bool is_on);

struct terminal_place {
    int line, col;
};

/* Where the last KEYCODE_CLICK was. */
struct terminal_place terminal_click(const struct terminal *terminal);

/* Puts text into the clipboard of the terminal, where that is allowed. At most
 * MODEL_COPIED_BYTES. */
void terminal_copy(struct terminal *terminal, const char *bytes);

/* A drawing: an empty screen, then paint, then show; only what differs is sent, or everything. */
void terminal_erase(struct terminal *terminal);
void terminal_show(struct terminal *terminal);
void terminal_repaint(struct terminal *terminal);

#endif
