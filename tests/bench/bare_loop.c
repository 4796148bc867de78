/* SPDX-License-Identifier: BSD-2-Clause */
/* libpcap's savefile loop with an empty callback: the floor of whatever stands on libpcap. */
#include <pcap/pcap.h>
#include <stdio.h>

static void take(u_char *ctx, const struct pcap_pkthdr *header, const u_char *bytes)
{
    (void)ctx;
    (void)header;
    (void)bytes;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    pcap_t *pcap;
    int code;

    if (argc != 2) {
        fprintf(stderr, "usage: bare_loop FILE\n");
        return 2;
    }
    pcap = pcap_open_offline(argv[1], error);
    if (!pcap) {
        fprintf(stderr, "bare_loop: %s\n", error);
        return 1;
    }
    code = pcap_loop(pcap, -1, take, NULL);
    pcap_close(pcap);
    return code ? 1 : 0;
}
