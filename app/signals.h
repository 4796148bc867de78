/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals become flags that the main thread looks at. */
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H

#include <stdbool.h>

/* INT, TERM, QUIT: stop asked for; a second one ends the program at once. USR1: figures now. USR2:
 * packets written so far to the disk. HUP: a service opens its outputs again, all else stops. PIPE:
 * ignored with `ignore_pipe`, so that write errors are counted instead; XFSZ always is. */
void signals_install(bool ignore_pipe, bool is_service);

/* Whether a hang-up means this process's terminal; not if somebody (nohup) had it ignored. */
bool signals_hangup_ends(void);

bool signals_stop_asked(void);

/* "SIGINT", "SIGTERM", ...; NULL where none came. */
const char *signals_stop_name(void);

/* True once where the signal came in between. */
bool signals_take_usr1(void);
bool signals_take_usr2(void);
bool signals_take_hangup(void); /* of a service */

#endif
