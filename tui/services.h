/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of TCP ports from the services file, read once: no resolver is ever asked. */
#ifndef TUI_SERVICES_H
#define TUI_SERVICES_H

#include <stddef.h>
#include <stdint.h>

#define SERVICES_FILE "/etc/services"
#define SERVICES_MAX 1024
#define SERVICE_NAME_BYTES 20

struct services {
    size_t n;
    struct {
        uint16_t port;
        char name[SERVICE_NAME_BYTES]; /* printable ASCII; cut where longer */
    } row[SERVICES_MAX];
};

/* Reads a file of services(5). A file that is not there gives no names; that is not an error. */
void services_load(struct services *services, const char *path);

/* "" where the port has no name. The first line that names a port wins. */
const char *services_name(const struct services *services, uint16_t port);

#endif
