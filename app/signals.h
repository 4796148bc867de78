/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals become flags that the main thread looks at. */
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H

#include <stdbool.h>

/* INT, TERM: stop asked for; a second one ends the program at once. USR1: figures now. HUP ends
 * too (a service that reopens its outputs comes with log files). PIPE: ignored with `ignore_pipe`,
 * so that write errors are counted instead. */
void signals_install(bool ignore_pipe);

bool signals_stop_asked(void);

/* "SIGINT", "SIGTERM", ...; NULL where none came. */
const char *signals_stop_name(void);

/* True once for each time that USR1 came in between. */
bool signals_take_usr1(void);

#endif
