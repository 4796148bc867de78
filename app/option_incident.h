/* SPDX-License-Identifier: BSD-2-Clause */
/* --incident NAME=VALUE: when failures become an incident, and when it is over. */
#ifndef APP_OPTION_INCIDENT_H
#define APP_OPTION_INCIDENT_H

#include "base/err.h"
#include "verdict/incident_limits.h"

/* Sets one of the rules by its name in `start.incident_rules`. -EINVAL with the reason where there
 * is no such name, or its value is out of range. */
int option_incident(struct incident_rules *rules, const char *text, struct err *err) MUST_CHECK;

/* Whether they fit together, once all are set. */
int option_incident_check(const struct incident_rules *rules, struct err *err) MUST_CHECK;

#endif
