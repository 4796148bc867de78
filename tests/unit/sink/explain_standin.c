/* SPDX-License-Identifier: BSD-2-Clause */
/* Fixed words in place of verdict/explain.c. */
#include <stdio.h>

#include "verdict/explain.h"

void explain_message(const struct connection_event *event, struct text *text)
{
    text_addf(text, "one connection: %s", verdict_row(event->verdict)->title);
}

void explain_incident_message(const struct incident_event *event, struct text *text)
{
    text_addf(text, "incident %u", event->number);
}

void explain_meaning(const struct connection_event *event, struct text *text)
{
    text_addf(text, "%s. This is what the packets say and what it means for the reader of it.",
              verdict_row(event->verdict)->title);
}

unsigned explain_next_steps(const struct connection_event *event, struct next_step *steps)
{
    steps[0].where = "server";
    snprintf(steps[0].cmd, sizeof(steps[0].cmd), "ss -ltnp 'sport = :%u'", event->server.port);
    snprintf(steps[0].why, sizeof(steps[0].why), "see what listens there");
    return 1;
}

void explain_wireshark_filter(const struct connection_event *event, struct text *text)
{
    text_addf(text, "tcp.port == %u", event->server.port);
}
