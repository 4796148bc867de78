/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes generated connections to a pcap file, and what is true of them to standard output.
 *
 *   make_capture FILE [NAME=NUMBER ..]
 *
 * The names and what they are without being named stand in the table below. Shares are of the
 * attempts, in parts of their sum.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "capture/linktype.h"
#include "capture/synthetic.h"

struct order {
    uint32_t attempts, open, data, clients, seed, step_ns, snap;
    uint32_t good, refused, reset, timed_out, flood;
};

static const struct setting {
    const char *name;
    size_t off;
    uint32_t value;
    const char *meaning;
} settings[] = {
    {"attempts", offsetof(struct order, attempts), 100000, "connection attempts in all"},
    {"open", offsetof(struct order, open), 10000, "of them, going on at the same time"},
    {"data", offsetof(struct order, data), 24, "most data segments of a connection"},
    {"clients", offsetof(struct order, clients), 60000, "client addresses"},
    {"seed", offsetof(struct order, seed), 1, "same seed, same bytes"},
    {"step_ns", offsetof(struct order, step_ns), 1000, "from packet to packet"},
    {"snap", offsetof(struct order, snap), 128, "bytes kept of a packet"},
    {"good", offsetof(struct order, good), 97, "share that opens, talks and closes"},
    {"refused", offsetof(struct order, refused), 1, "share that a RST refuses"},
    {"reset", offsetof(struct order, reset), 1, "share reset once open"},
    {"timed_out", offsetof(struct order, timed_out), 1, "share that nobody answers"},
    {"flood", offsetof(struct order, flood), 0, "share of lone SYNs to one server"},
};

static uint32_t *field_of(struct order *order, const struct setting *setting)
{
    return (uint32_t *)(void *)((char *)order + setting->off);
}

static bool set(struct order *order, const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        size_t n = strlen(settings[i].name);

        if (strncmp(word, settings[i].name, n) == 0 && word[n] == '=') {
            *field_of(order, &settings[i]) = (uint32_t)strtoul(word + n + 1, NULL, 10);
            return true;
        }
    }
    return false;
}

static void print_usage(void)
{
    fprintf(stderr, "usage: make_capture FILE [NAME=NUMBER ..]\n");
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        fprintf(stderr, "  %-10s %s (%" PRIu32 ")\n", settings[i].name, settings[i].meaning,
                settings[i].value);
}

static bool write_packet(FILE *file, const struct raw_packet *packet, uint32_t snap_bytes)
{
    uint32_t kept_bytes = packet->captured_bytes < snap_bytes ? packet->captured_bytes : snap_bytes;
    const uint32_t header[4] = {(uint32_t)(packet->ts_ns / NS_PER_S),
                                (uint32_t)(packet->ts_ns % NS_PER_S / NS_PER_US), kept_bytes,
                                packet->wire_bytes};

    return fwrite(header, sizeof(header), 1, file) == 1 &&
           fwrite(packet->bytes, kept_bytes, 1, file) == 1;
}

static bool write_capture(FILE *file, const struct order *order, struct synthetic *synthetic)
{
    const uint32_t header[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, order->snap, LINKTYPE_ETHERNET_ID};
    struct raw_packet packet;

    if (fwrite(header, sizeof(header), 1, file) != 1)
        return false;
    while (synthetic_next(synthetic, &packet)) {
        if (!write_packet(file, &packet, order->snap))
            return false;
    }
    return fflush(file) == 0;
}

static void print_truth(const struct synthetic_truth *truth)
{
    static const char *const names[SYNTHETIC_OUTCOME_COUNT] = {
        [SYNTHETIC_CLOSED] = "good",   [SYNTHETIC_REFUSED] = "refused",
        [SYNTHETIC_RESET] = "reset",   [SYNTHETIC_TIMED_OUT] = "timed_out",
        [SYNTHETIC_FLOODED] = "flood",
    };

    printf("{\"packets\": %" PRIu64, truth->n_pkts);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        printf(", \"%s\": %" PRIu64, names[i], truth->n_attempts[i]);
    printf("}\n");
}

int main(int argc, char **argv)
{
    static struct synthetic synthetic;
    struct order order;
    FILE *file;

    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        *field_of(&order, &settings[i]) = settings[i].value;
    for (int i = 2; i < argc; i++) {
        if (!set(&order, argv[i]))
            argc = 0;
    }
    if (argc < 2) {
        print_usage();
        return 2;
    }
    synthetic_init(&synthetic, &(struct synthetic_config){
                                   .mode = SYNTHETIC_MIX,
                                   .seed = order.seed,
                                   .n_open_flows = order.open,
                                   .n_data_pkts = order.data,
                                   .n_attempts = order.attempts,
                                   .n_clients = order.clients,
                                   .share = {[SYNTHETIC_CLOSED] = order.good,
                                             [SYNTHETIC_REFUSED] = order.refused,
                                             [SYNTHETIC_RESET] = order.reset,
                                             [SYNTHETIC_TIMED_OUT] = order.timed_out,
                                             [SYNTHETIC_FLOODED] = order.flood},
                                   .start_ns = 1700000000 * NS_PER_S,
                                   .step_ns = order.step_ns,
                               });
    file = fopen(argv[1], "wb");
    if (!file || !write_capture(file, &order, &synthetic)) {
        perror(argv[1]);
        return 1;
    }
    (void)fclose(file);
    print_truth(&synthetic.truth);
    return 0;
}
