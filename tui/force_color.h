/* SPDX-License-Identifier: BSD-2-Clause */
/* Colours on a terminal whose description has none, where the user insists on them. */
#ifndef TUI_FORCE_COLOR_H
#define TUI_FORCE_COLOR_H

/* The type to open the terminal as, for newterm(): NULL, which is $TERM, where that has colours or
 * nothing better is known. Static storage. Before newterm(). */
const char *force_color_type(int fd);

#endif
