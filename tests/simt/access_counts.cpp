// access_counts.cpp: how many sectors of device memory and how many passes over the banks of shared memory each
// instruction costs. The n-th execution of an instruction by each of a warp's lanes counts as one instruction of the warp.
#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "tests/simt/machine.h"

bool simt_counting;

namespace
{

struct request {
    const unsigned char *address[SIMT_WARP];
    unsigned bytes;
    uint32_t lanes;
};

using site = std::tuple<const void *, bool, bool>; // instruction, shared, store
using execution = std::tuple<site, int, uint32_t>; // by which warp, which time
std::map<site, simt_access> totals;
std::map<execution, request> open_requests;
std::map<std::pair<const void *, int>, uint32_t> times; // by instruction and thread
std::vector<simt_access> listed;

uint64_t sectors(const request &r)
{
    std::vector<uintptr_t> touched;
    for (int i = 0; i < SIMT_WARP; i++)
        for (unsigned b = 0; (r.lanes >> i & 1) != 0 && b < r.bytes; b += 4)
            touched.push_back((uintptr_t)(r.address[i] + b) / 32);
    std::sort(touched.begin(), touched.end());
    return (uint64_t)(std::unique(touched.begin(), touched.end()) - touched.begin());
}

// Lanes are served in groups that ask for 128 bytes; a pass delivers one word of each bank.
uint64_t bank_passes(const request &r)
{
    unsigned words = r.bytes < 4 ? 1 : r.bytes / 4, group = SIMT_WARP / words;
    uint64_t passes = 0;
    for (unsigned first = 0; first < SIMT_WARP; first += group) {
        std::vector<uintptr_t> bank[32];
        size_t most = 0;
        for (unsigned i = first; i < first + group; i++)
            for (unsigned w = 0; (r.lanes >> i & 1) != 0 && w < words; w++) {
                uintptr_t word = (uintptr_t)r.address[i] / 4 + w;
                std::vector<uintptr_t> &b = bank[word % 32];
                if (std::find(b.begin(), b.end(), word) == b.end()) b.push_back(word);
                most = std::max(most, b.size());
            }
        passes += most;
    }
    return passes;
}

void close_request(const site &where, const request &r)
{
    bool shared = std::get<1>(where);
    uint64_t bytes = (uint64_t)__builtin_popcount(r.lanes) * r.bytes, unit = shared ? 128 : 32;
    simt_access &total = totals[where];
    total.instruction = std::get<0>(where);
    total.shared = shared;
    total.store = std::get<2>(where);
    total.executions++;
    total.transactions += shared ? bank_passes(r) : sectors(r);
    total.least += (bytes + unit - 1) / unit;
}

} // namespace

void simt_count(const void *address, size_t bytes, bool shared, bool store, int thread, const void *instruction)
{
    if (bytes > 16 || (bytes & (bytes - 1)) != 0) return;
    site where(instruction, shared, store);
    uint32_t time = times[{instruction, thread}]++;
    execution key(where, thread / SIMT_WARP, time);
    request &r = open_requests[key];
    r.address[thread % SIMT_WARP] = (const unsigned char *)address;
    r.bytes = (unsigned)bytes;
    r.lanes |= 1u << (thread % SIMT_WARP);
    if (r.lanes == 0xffffffff) {
        close_request(where, r);
        open_requests.erase(key);
    }
}

void simt_count_matrix(const void *const rows[SIMT_WARP], const void *instruction)
{
    request r = {{}, 16, 0xffffffff};
    for (int i = 0; i < SIMT_WARP; i++) r.address[i] = (const unsigned char *)rows[i];
    close_request(site(instruction, true, false), r);
}

void simt_count_end_block(void)
{
    for (const auto &entry : open_requests) close_request(std::get<0>(entry.first), entry.second);
    open_requests.clear();
    times.clear();
}

void simt_count_accesses(bool on)
{
    simt_counting = on;
}

void simt_forget_accesses(void)
{
    totals.clear();
}

size_t simt_accesses(const struct simt_access **accesses)
{
    listed.clear();
    for (const auto &entry : totals) listed.push_back(entry.second);
    *accesses = listed.data();
    return listed.size();
}
