/* SPDX-License-Identifier: BSD-2-Clause */
/* See fanout.h. */
#include "capture/fanout.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/compiler.h"

/* setsockopt() takes the group in the low half, type and flags in the high half. */
#define TYPE_SHIFT 16

#define INSNS_MAX 96

#define GOLDEN_RATIO 0x9e3779b1u

/* A program that grows. A load beyond a packet's end ends it with 0, the first member. */
struct program {
    struct sock_filter insn[INSNS_MAX];
    unsigned short n;
};

static unsigned put(struct program *program, int code, uint32_t k)
{
    program->insn[program->n] = (struct sock_filter){.code = (uint16_t)code, .k = k};
    return program->n++;
}

/* Forward jumps: when A is k, or when it is not; land() says where to. */
static unsigned when(struct program *program, uint32_t k)
{
    return put(program, BPF_JMP | BPF_JEQ | BPF_K, k);
}

static void land_equal(struct program *program, unsigned jump)
{
    program->insn[jump].jt = (uint8_t)(program->n - jump - 1);
}

static void land_other(struct program *program, unsigned jump)
{
    program->insn[jump].jf = (uint8_t)(program->n - jump - 1);
}

static void advance(struct program *program, uint32_t n_bytes)
{
    put(program, BPF_MISC | BPF_TXA, 0);
    put(program, BPF_ALU | BPF_ADD | BPF_K, n_bytes);
    put(program, BPF_MISC | BPF_TAX, 0);
}

/*
 * X is where the network header begins. A packet that comes in is handed over from there on; one
 * that goes out from its link header on, and SKF_NET_OFF finds the way. (It reads linear memory
 * only: enough for what this host made, not for what a card received.)
 */
static void find_network(struct program *program)
{
    unsigned jump;

    put(program, BPF_LDX | BPF_IMM, 0);
    put(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
    jump = when(program, PACKET_OUTGOING);
    put(program, BPF_LDX | BPF_IMM, (uint32_t)SKF_NET_OFF);
    land_other(program, jump);
}

/* A = the protocol, X = where it begins, with up to two tags of VLANs before it. */
static void pass_tags(struct program *program)
{
    static const uint16_t tags[] = {ETH_P_8021AD, ETH_P_8021Q};

    put(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        unsigned jump = when(program, tags[i]);

        put(program, BPF_LD | BPF_H | BPF_IND, 2);
        put(program, BPF_ST, 0);
        advance(program, 4);
        put(program, BPF_LD | BPF_MEM, 0);
        land_other(program, jump);
    }
}

/* The sum is the same for both directions; the multiplication spreads it. */
static void choose_by_words(struct program *program, uint32_t off, unsigned n_words)
{
    for (unsigned i = 0; i < n_words; i++) {
        put(program, BPF_LD | BPF_W | BPF_IND, off + 4 * i);
        put(program, BPF_ST, i);
    }
    for (unsigned i = 0; i + 1 < n_words; i++) {
        put(program, BPF_LDX | BPF_MEM, i);
        put(program, BPF_ALU | BPF_ADD | BPF_X, 0);
    }
    put(program, BPF_ALU | BPF_MUL | BPF_K, GOLDEN_RATIO);
    put(program, BPF_ALU | BPF_RSH | BPF_K, 16);
    put(program, BPF_RET | BPF_A, 0);
}

static void choose_v4(struct program *program)
{
    static const uint8_t errors[] = {ICMP_DEST_UNREACH, ICMP_SOURCE_QUENCH, ICMP_TIME_EXCEEDED,
                                     ICMP_PARAMETERPROB};
    unsigned found[ARRAY_LEN(errors)];
    unsigned jump;

    put(program, BPF_LD | BPF_B | BPF_IND, 9);
    jump = when(program, IPPROTO_ICMP);
    put(program, BPF_LD | BPF_B | BPF_IND, 0);
    put(program, BPF_ALU | BPF_AND | BPF_K, 0xf);
    put(program, BPF_ALU | BPF_LSH | BPF_K, 2);
    put(program, BPF_ALU | BPF_ADD | BPF_X, 0);
    put(program, BPF_MISC | BPF_TAX, 0);
    put(program, BPF_LD | BPF_B | BPF_IND, 0);
    for (size_t i = 0; i < ARRAY_LEN(errors); i++)
        found[i] = when(program, errors[i]);
    put(program, BPF_RET | BPF_K, 0);
    for (size_t i = 0; i < ARRAY_LEN(errors); i++)
        land_equal(program, found[i]);
    advance(program, 8);
    land_other(program, jump);
    choose_by_words(program, 12, 2);
}

static void choose_v6(struct program *program)
{
    unsigned jump, is_error;

    put(program, BPF_LD | BPF_B | BPF_IND, 6);
    jump = when(program, IPPROTO_ICMPV6);
    put(program, BPF_LD | BPF_B | BPF_IND, 40);
    put(program, BPF_ALU | BPF_AND | BPF_K, ICMP6_INFOMSG_MASK);
    is_error = when(program, 0);
    put(program, BPF_RET | BPF_K, 0);
    land_equal(program, is_error);
    advance(program, 48);
    land_other(program, jump);
    choose_by_words(program, 8, 8);
}

static void write_program(struct program *program)
{
    unsigned jump;

    *program = (struct program){0};
    find_network(program);
    pass_tags(program);
    jump = when(program, ETH_P_IP);
    choose_v4(program);
    land_other(program, jump);
    jump = when(program, ETH_P_IPV6);
    choose_v6(program);
    land_other(program, jump);
    put(program, BPF_RET | BPF_K, 0);
}

static int join(int fd, uint16_t group, uint32_t flags)
{
    uint32_t wish = group | (PACKET_FANOUT_CBPF | flags) << TYPE_SHIFT;

    return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &wish, sizeof(wish));
}

bool fanout_lead(int fd, uint16_t *group)
{
    uint32_t given = 0;
    socklen_t n_bytes = sizeof(given);
    struct sock_fprog wanted;
    struct program program;

    write_program(&program);
    wanted = (struct sock_fprog){.len = program.n, .filter = program.insn};
    if (join(fd, 0, PACKET_FANOUT_FLAG_UNIQUEID) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &wanted, sizeof(wanted)) != 0 ||
        getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &given, &n_bytes) != 0)
        return false;
    *group = (uint16_t)given;
    return true;
}

int fanout_join(int fd, uint16_t group, struct err *err)
{
    if (join(fd, group, 0) != 0)
        return err_set(err, -errno, "cannot share packets with another capture thread: %s",
                       strerror(errno));
    return 0;
}
