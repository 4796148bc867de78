/* SPDX-License-Identifier: BSD-2-Clause */
/* See services.h. */
#include "tui/services.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define LINE_BYTES 512
#define NAME_FORMAT "%63s %u/%7s" /* sizes are those of the arrays in add_line() */

static void add_line(struct services *services, const char *line)
{
    char name[64], protocol[8];
    unsigned port;
    struct text text;

    if (line[0] == '#' || sscanf(line, NAME_FORMAT, name, &port, protocol) != 3)
        return;
    if (strcmp(protocol, "tcp") != 0 || port > UINT16_MAX)
        return;
    text = TEXT_OF(services->row[services->n].name);
    text_add_untrusted(&text, (const uint8_t *)name, strlen(name), SERVICE_NAME_BYTES - 4);
    services->row[services->n].port = (uint16_t)port;
    services->n++;
}

void services_load(struct services *services, const char *path)
{
    char line[LINE_BYTES];
    FILE *file = fopen(path, "re");

    services->n = 0;
    if (!file)
        return;
    while (services->n < SERVICES_MAX && fgets(line, sizeof(line), file))
        add_line(services, line);
    (void)fclose(file);
}

const char *services_name(const struct services *services, uint16_t port)
{
    for (size_t i = 0; i < services->n; i++)
        if (services->row[i].port == port)
            return services->row[i].name;
    return "";
}
