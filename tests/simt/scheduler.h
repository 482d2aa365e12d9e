// scheduler.h: what warp instructions need of the scheduler. Internal to tests/simt/.
#ifndef TESTS_SIMT_SCHEDULER_H
#define TESTS_SIMT_SCHEDULER_H

#include "tests/simt/machine.h"

// Where the lanes of one warp meet.
struct simt_meeting {
    int arrived, kind;
    simt_place place;
};

bool simt_warp_arrive(struct simt_meeting *meeting, int kind, simt_place place);
void simt_warp_release(struct simt_meeting *meeting);
void simt_give_up(void); // ends the block; does not return

void simt_warps_begin_block(void);
void simt_copy_end_thread(void);

#endif
