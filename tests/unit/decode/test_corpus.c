/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each packet of the shared captures, whole and cut at each length of a usual snap length. The
 * directory is the argument; the test is skipped where it is not there.
 */
#include "frames.h"

#include <dirent.h>
#include <pcap/pcap.h>
#include <stdio.h>

#include "base/compiler.h"

#define EXIT_SKIP 77 /* as meson wants it */
#define CUT_MAX_BYTES 192

static const char *corpus_path;

/* How many packets of a file are TCP, as tshark 4.0 counts them. */
static const struct {
    const char *file;
    unsigned n_packets, n_tcp;
} counts[] = {
    {"arkime-gre-erspan-vxlan.pcap", 7, 7},
    {"ndpi-4in6tunnel.pcap", 4, 4},
    {"pcapflowlab-mpls-05_mpls_ipv4_tcp_two_labels.pcap", 1, 1},
    {"sv-bug-4810-pppoe-session-http.pcap", 30, 30},
    {"sv-decode-sll2-01.pcap", 5, 5},
    {"sv-ipv6-evasion-ipv6-kill-router-gateway-kill_router6.pcap", 21, 5},
    {"tcpreplay-test.rewrite_vlan802.1ad.pcap", 179, 116},
    {"zeek-mixed-vlan-mpls.pcap", 47, 47},
    {"zeek-tcp-truncated-header.pcap", 24, 24},
    {"zeek-tunnels-geneve-many-options.pcap", 10, 10},
    {"zeek-tunnels-vxlan-encapsulated-http.pcap", 12, 12},
};

typedef void visit_packet(uint16_t linktype, const uint8_t *bytes, size_t captured_bytes,
                          size_t wire_bytes, void *ctx);

/* Visits the packets of one file; false where libpcap does not read its format. */
static bool visit_file(const char *file, visit_packet *visit, void *ctx)
{
    char path[1024], reason[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *header;
    const u_char *bytes;
    pcap_t *pcap;

    snprintf(path, sizeof(path), "%s/%s", corpus_path, file);
    pcap = pcap_open_offline(path, reason);
    if (!pcap)
        return false;
    while (pcap_next_ex(pcap, &header, &bytes) == 1)
        visit((uint16_t)pcap_datalink(pcap), bytes, header->caplen, header->len, ctx);
    pcap_close(pcap);
    return true;
}

struct tally {
    unsigned n_packets, n_tcp;
};

static void count_packet(uint16_t linktype, const uint8_t *bytes, size_t captured_bytes,
                         size_t wire_bytes, void *ctx)
{
    struct tally *tally = ctx;
    struct packet packet;

    tally->n_packets++;
    if (decode_frame(linktype, bytes, captured_bytes, wire_bytes, &packet) == DECODE_OK &&
        packet.kind == PACKET_TCP)
        tally->n_tcp++;
}

static void as_many_packets_are_tcp_as_tshark_finds(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(counts); i++) {
        struct tally tally = {0};

        print_message("  %s\n", counts[i].file);
        assert_true(visit_file(counts[i].file, count_packet, &tally));
        assert_int_equal(tally.n_packets, counts[i].n_packets);
        assert_int_equal(tally.n_tcp, counts[i].n_tcp);
    }
}

/* What a cut changes is how much is known, never what. */
static void check_cut(const struct packet *whole, const struct packet *cut)
{
    assert_int_equal(cut->kind, PACKET_TCP);
    assert_true(ipaddr_equal(&cut->src, &whole->src));
    assert_true(ipaddr_equal(&cut->dst, &whole->dst));
    assert_int_equal(cut->tcp.sport, whole->tcp.sport);
    assert_int_equal(cut->tcp.dport, whole->tcp.dport);
    assert_int_equal(cut->tcp.seq, whole->tcp.seq);
    assert_int_equal(cut->tcp.ack, whole->tcp.ack);
    assert_int_equal(cut->tcp.flags, whole->tcp.flags);
    assert_int_equal(cut->tcp.payload_wire_bytes, whole->tcp.payload_wire_bytes);
}

static void cut_packet(uint16_t linktype, const uint8_t *bytes, size_t captured_bytes,
                       size_t wire_bytes, void *ctx)
{
    size_t max_bytes = captured_bytes < CUT_MAX_BYTES ? captured_bytes : CUT_MAX_BYTES;
    const struct guard *guard = ctx;
    struct packet whole, packet;
    bool is_tcp = decode_frame(linktype, bytes, captured_bytes, wire_bytes, &whole) == DECODE_OK &&
                  whole.kind == PACKET_TCP;
    size_t cut_bytes;

    for (cut_bytes = 0; cut_bytes <= max_bytes; cut_bytes++) {
        const uint8_t *at = guard_place(guard, bytes, cut_bytes);
        enum decode_result result = decode_frame(linktype, at, cut_bytes, wire_bytes, &packet);

        if (result == DECODE_OK)
            check_sane(&packet, at, cut_bytes);
        /* In a tunnel a cut may leave no more than the outer packet. */
        if (is_tcp && !whole.tunnel_depth && result == DECODE_OK)
            check_cut(&whole, &packet);
        else if (is_tcp && !whole.tunnel_depth)
            assert_int_equal(result, DECODE_TRUNCATED);
    }
}

static void no_cut_of_a_real_packet_misleads(void **state)
{
    struct guard guard = guard_open();
    DIR *dir = opendir(corpus_path);
    struct dirent *entry;
    unsigned n_files = 0;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        n_files += visit_file(entry->d_name, cut_packet, &guard);
    closedir(dir);
    guard_close(&guard);
    assert_true(n_files > ARRAY_LEN(counts));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_packets_are_tcp_as_tshark_finds),
        cmocka_unit_test(no_cut_of_a_real_packet_misleads),
    };
    DIR *dir = argc > 1 ? opendir(argv[1]) : NULL;

    if (!dir) {
        printf("skipped: the shared captures are not there\n");
        return EXIT_SKIP;
    }
    closedir(dir);
    corpus_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
