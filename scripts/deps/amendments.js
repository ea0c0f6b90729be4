'use strict'
// Faults of the pinned librdkafka that cost its users data and have no other remedy, mended before it is compiled; and what
// makes it faster here.
// Builds to compare with have librdkafka as its users get it.
const fs = require('node:fs')
const path = require('node:path')
const { SetupError } = require('../support/run')

/**
 * Each `find` occurs once in its file, or the build ends: a newer librdkafka is to be looked at again.
 *
 * @type {{ why: string, file: string, find: string, put: string, allocator?: 'mimalloc' | 'system' }[]}
 */
const AMENDMENTS = [
  {
    // Behind a batch with a wrong checksum it reads on somewhere inside of it: bytes of values are then taken for
    // batches, and an offset among them for the next to fetch, so that `auto.offset.reset` skips what is left.
    // As it is here, nothing of the answer behind the damage is read, and it is asked for again after a while.
    why: 'reading on after a failed checksum',
    file: 'rdkafka_msgset_reader.c',
    find: 'rd_kafka_buf_skip_to(rkbuf, crc_len);',
    put: [
      'rd_kafka_buf_skip(rkbuf, rd_kafka_buf_read_remain(rkbuf));',
      'rd_atomic64_add(&msetr->msetr_rkb->rkb_c.rx_err, 1);',
      'return RD_KAFKA_RESP_ERR__BAD_MSG;',
    ].join('\n'),
  },
  {
    // A subscription that had to wait for a rebalance is made although the client is closing meanwhile, and nobody frees
    // it: an assertion then ends the process. Group protocol `consumer` has the same check as is put here.
    why: 'a subscription that waited, of a client that closes',
    file: 'rdkafka_cgrp.c',
    find: '                rd_kafka_cgrp_subscribe(rkcg, next_subscription);',
    put: [
      '                if (rkcg->rkcg_flags & RD_KAFKA_CGRP_F_TERMINATE)',
      '                        rd_kafka_topic_partition_list_destroy(next_subscription);',
      '                else',
      '                        rd_kafka_cgrp_subscribe(rkcg, next_subscription);',
    ].join('\n'),
  },
  {
    // What reaches a group that has just ended is dropped: whoever waits for its answer (`rd_kafka_assignment` and the
    // like, without limit, on the caller's thread) is never given one. What reaches it a little earlier, between its last
    // look and its end, is still begun, and a commit then ends the process by an assertion. As it is here, both are answered
    // as what comes a moment later.
    why: 'a question to a group that has just ended',
    file: 'rdkafka_cgrp.c',
    find: [
      '        if (unlikely(rd_atomic32_get(&rkcg->rkcg_terminated) == rd_true)) {',
      '                if (rko)',
      '                        rd_kafka_op_destroy(rko);',
    ].join('\n'),
    put: [
      '        if (unlikely(rd_atomic32_get(&rkcg->rkcg_terminated) == rd_true ||',
      '                     rkcg->rkcg_state == RD_KAFKA_CGRP_STATE_TERM)) {',
      '                if (rko)',
      '                        rd_kafka_op_reply(rko, RD_KAFKA_RESP_ERR__DESTROY);',
    ].join('\n'),
  },
  {
    // A leader that stood still for a while does not know yet that it was replaced. Asked for an offset that it does not
    // have, it answers that there is none, and `auto.offset.reset` would skip what is left of the partition, or begin it
    // anew. A position that came with the epoch of a later leader than the known one tells that somebody else is to be
    // asked. (Java's client does not ask such a leader.) Brokers before 2.4 tell no epoch of a leader: these are believed.
    why: 'an answer of a leader that was replaced',
    file: 'rdkafka_fetcher.c',
    find: ['                /* Application error */', '                err_pos = rktp->rktp_offsets.fetch_pos;'].join(
      '\n',
    ),
    put: [
      '                if (rktp->rktp_leader_epoch >= 0 &&',
      '                    rktp->rktp_offsets.fetch_pos.leader_epoch >',
      '                        rktp->rktp_leader_epoch) {',
      '                        rd_kafka_toppar_leader_unavailable(rktp, "fetch", err);',
      '                        break;',
      '                }',
      '                err_pos = rktp->rktp_offsets.fetch_pos;',
    ].join('\n'),
  },
  {
    // With a leader that is gone its epoch was forgotten, and whoever led before it and came back was believed, for as long
    // as it does not know better.
    why: 'the epoch of a leader that is gone',
    file: 'rdkafka_topic.c',
    find: '                rktp->rktp_leader_id    = -1;\n                rktp->rktp_leader_epoch = -1;',
    put: '                rktp->rktp_leader_id    = -1;',
  },
  {
    // Such a leader is asked whether a position of a later epoch is still good, and answers that there is no such epoch,
    // as if the partition had been cut off. As it is here it is not asked: somebody will tell who leads now. After half a
    // minute it is asked after all, for the topic may be another of the same name.
    why: 'a leader that cannot know an epoch',
    file: 'rdkafka_offset.c',
    find: '        if (rktp->rktp_flags & RD_KAFKA_TOPPAR_F_VALIDATING) {',
    put: [
      '        if (rktp->rktp_leader_epoch >= 0 &&',
      '            rktp->rktp_offset_validation_pos.leader_epoch >',
      '                rktp->rktp_leader_epoch) {',
      '                rd_ts_t now = rd_clock();',
      '                if (rktp->rktp_fetch_state == RD_KAFKA_TOPPAR_FETCH_ACTIVE ||',
      '                    !rktp->rktp_ts_awaiting_leader)',
      '                        rktp->rktp_ts_awaiting_leader = now;',
      '                if (now - rktp->rktp_ts_awaiting_leader < 30 * 1000 * 1000) {',
      '                        rd_kafka_toppar_set_fetch_state(',
      '                            rktp, RD_KAFKA_TOPPAR_FETCH_VALIDATE_EPOCH_WAIT);',
      '                        rd_kafka_timer_start_oneshot(',
      '                            &rktp->rktp_rkt->rkt_rk->rk_timers,',
      '                            &rktp->rktp_validate_tmr, rd_false, 500 * 1000,',
      '                            rd_kafka_offset_validate_tmr_cb, rktp);',
      '                        return;',
      '                }',
      '        } else {',
      '                rktp->rktp_ts_awaiting_leader = 0;',
      '        }',
      '',
      '        if (rktp->rktp_flags & RD_KAFKA_TOPPAR_F_VALIDATING) {',
    ].join('\n'),
  },
  {
    why: 'a leader that cannot know an epoch: others are asked who leads',
    file: 'rdkafka_offset.c',
    find: '                rd_kafka_offset_validate(rktp, "retrying offset validation");\n        else {',
    put: [
      '        {',
      '                if (rktp->rktp_ts_awaiting_leader)',
      '                        rd_kafka_topic_leader_query0(rktp->rktp_rkt->rkt_rk,',
      '                                                     rktp->rktp_rkt, 1, rd_true);',
      '                rd_kafka_offset_validate(rktp, "retrying offset validation");',
      '        } else {',
    ].join('\n'),
  },
  {
    why: 'a leader that cannot know an epoch: since when',
    file: 'rdkafka_partition.h',
    find: '        rd_kafka_timer_t rktp_validate_tmr;',
    put: '        rd_ts_t rktp_ts_awaiting_leader;\n        rd_kafka_timer_t rktp_validate_tmr;',
  },
  {
    // A topic that was deleted and made again counts its leaders from 0: the new one was taken for outdated, and its
    // partitions were never read again. And where its leader was followed, it was read on at the old topic's position, in
    // the middle. As it is here, the position is of no use, and `auto.offset.reset` decides.
    why: 'another topic of the same name',
    file: 'rdkafka_topic.c',
    find: '                        rkt->rkt_topic_id = mdit->topic_id;',
    put: [
      '                        for (j = 0; j < rkt->rkt_partition_cnt &&',
      '                                    !RD_KAFKA_UUID_IS_ZERO(rkt->rkt_topic_id) &&',
      '                                    !RD_KAFKA_UUID_IS_ZERO(mdit->topic_id);',
      '                             j++) {',
      '                                rd_kafka_toppar_t *rktp = rkt->rkt_p[j];',
      '                                rd_kafka_toppar_lock(rktp);',
      '                                rktp->rktp_leader_epoch = -1;',
      '                                rktp->rktp_lo_offset = RD_KAFKA_OFFSET_INVALID;',
      '                                rd_kafka_fetch_pos_init(&rktp->rktp_app_pos);',
      '                                if (rktp->rktp_fetch_state ==',
      '                                        RD_KAFKA_TOPPAR_FETCH_ACTIVE ||',
      '                                    rktp->rktp_fetch_state ==',
      '                                        RD_KAFKA_TOPPAR_FETCH_VALIDATE_EPOCH_WAIT)',
      '                                        rd_kafka_offset_reset(',
      '                                            rktp, RD_KAFKA_NODEID_UA,',
      '                                            rktp->rktp_offsets.fetch_pos,',
      '                                            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID,',
      '                                            "the topic was made anew");',
      '                                rd_kafka_toppar_unlock(rktp);',
      '                        }',
      '                        rkt->rkt_topic_id = mdit->topic_id;',
    ].join('\n'),
  },
  {
    // Where a partition is read on after a pause or a rebalance is noted for each batch of messages, but only when that is
    // further on, and a later epoch of the leader is further on than any offset: the old topic's position stayed, and was
    // read on at. Messages come in order, so the last one of a batch is where the program is.
    why: 'where the program is, in another topic of the same name',
    file: 'rdkafka_queue.c',
    find: [
      '        for (i = cnt - 1; i >= 0; i--) {',
      '                rko = (rd_kafka_op_t *)rkmessages[i]->_private;',
      '                rd_kafka_toppar_t *rktp  = rko->rko_rktp;',
      '                rd_kafka_fetch_pos_t pos = RD_KAFKA_FETCH_POS(',
      '                    rko->rko_u.fetch.rkm.rkm_rkmessage.offset + 1,',
      '                    rko->rko_u.fetch.rkm.rkm_u.consumer.leader_epoch);',
      '                if (unlikely(rktp && !rko->rko_err &&',
      '                             rko->rko_type == RD_KAFKA_OP_FETCH &&',
      '                             rd_kafka_fetch_pos_cmp(&pos, &rktp->rktp_app_pos) >',
      '                                 0))',
      '                        rd_kafka_update_app_pos(rk, rktp, pos, RD_DO_LOCK);',
      '        }',
    ].join('\n'),
    put: [
      '        for (i = 0; i < cnt; i++) {',
      '                rko = (rd_kafka_op_t *)rkmessages[i]->_private;',
      '                rd_kafka_toppar_t *rktp = rko->rko_rktp;',
      '                if (!rktp || rko->rko_err ||',
      '                    rko->rko_type != RD_KAFKA_OP_FETCH)',
      '                        continue;',
      '                if (i + 1 < cnt) {',
      '                        next = (rd_kafka_op_t *)rkmessages[i + 1]->_private;',
      '                        if (next->rko_rktp == rktp && !next->rko_err &&',
      '                            next->rko_type == RD_KAFKA_OP_FETCH)',
      '                                continue;',
      '                }',
      '                rd_kafka_update_app_pos(',
      '                    rk, rktp,',
      '                    RD_KAFKA_FETCH_POS(',
      '                        rko->rko_u.fetch.rkm.rkm_rkmessage.offset + 1,',
      '                        rko->rko_u.fetch.rkm.rkm_u.consumer.leader_epoch),',
      '                    RD_DO_LOCK);',
      '        }',
    ].join('\n'),
  },
  {
    // Where `auto.offset.reset` leads is compared with where the partition was begun, and not with its position: when both
    // are 0, the position that is of no use was kept.
    why: 'a reset to where the partition was begun',
    file: 'rdkafka_offset.c',
    find: [
      '        if (err_pos.offset == RD_KAFKA_OFFSET_INVALID || err)',
      '                pos.offset = rktp->rktp_rkt->rkt_conf.auto_offset_reset;',
      '        else',
    ].join('\n'),
    put: [
      '        if (err_pos.offset == RD_KAFKA_OFFSET_INVALID || err) {',
      '                pos.offset = rktp->rktp_rkt->rkt_conf.auto_offset_reset;',
      '                rd_kafka_fetch_pos_init(&rktp->rktp_last_next_fetch_start);',
      '        } else',
    ].join('\n'),
  },
  {
    // Where to begin is asked again when a partition's leader changes, and the first question stays under way. When its
    // answer comes, or its connection ends, the second is long answered and messages were delivered: they would be
    // delivered again from the beginning, or what came meanwhile would be skipped with `latest`. A seek made in between
    // would be undone.
    why: 'a late answer to where to begin',
    file: 'rdkafka_partition.c',
    find: [
      '        /* Drop reply from previous partition leader */',
      '        if (err != RD_KAFKA_RESP_ERR__DESTROY && rktp->rktp_leader != rkb)',
      '                err = RD_KAFKA_RESP_ERR__OUTDATED;',
    ].join('\n'),
    put: [
      '        if (err != RD_KAFKA_RESP_ERR__DESTROY &&',
      '            rktp->rktp_fetch_state != RD_KAFKA_TOPPAR_FETCH_OFFSET_WAIT &&',
      '            rktp->rktp_fetch_state != RD_KAFKA_TOPPAR_FETCH_OFFSET_QUERY) {',
      '                rd_kafka_toppar_unlock(rktp);',
      '                rd_kafka_toppar_destroy(rktp);',
      '                return;',
      '        }',
      '        if (err != RD_KAFKA_RESP_ERR__DESTROY && rktp->rktp_leader != rkb)',
      '                err = RD_KAFKA_RESP_ERR__OUTDATED;',
    ].join('\n'),
  },
  {
    // The same for the timer by which it is asked again: it goes on when the answer comes meanwhile.
    why: 'a question where to begin that was answered meanwhile',
    file: 'rdkafka_offset.c',
    find: '        rd_kafka_toppar_offset_request(rktp, rktp->rktp_query_pos, 0);\n        rd_kafka_toppar_unlock(rktp);',
    put: [
      '        if (rktp->rktp_fetch_state == RD_KAFKA_TOPPAR_FETCH_OFFSET_QUERY)',
      '                rd_kafka_toppar_offset_request(rktp, rktp->rktp_query_pos, 0);',
      '        else',
      '                rd_kafka_timer_stop(rkts, &rktp->rktp_offset_query_tmr, 1 /*lock*/);',
      '        rd_kafka_toppar_unlock(rktp);',
    ].join('\n'),
  },
  {
    // A coordinator that has just become one, or is none any more, says so when it is asked for committed offsets, mostly in
    // the first moments of a cluster or after a broker's end. That was told, and not asked again: the partitions were never
    // read. As it is here, it is asked again, as it is while it loads a group.
    why: 'a coordinator that is none yet',
    file: 'rdkafka_request.c',
    find: '        return rd_kafka_err_action(rkb, err, request, RD_KAFKA_ERR_ACTION_END);\n}\n\n/**\n * Generic handler for OffsetFetch',
    put: [
      '        return rd_kafka_err_action(',
      '            rkb, err, request,',
      '            RD_KAFKA_ERR_ACTION_REFRESH | RD_KAFKA_ERR_ACTION_RETRY,',
      '            RD_KAFKA_RESP_ERR_NOT_COORDINATOR,',
      '            RD_KAFKA_ERR_ACTION_REFRESH | RD_KAFKA_ERR_ACTION_RETRY,',
      '            RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,',
      '            RD_KAFKA_ERR_ACTION_END);',
      '}',
      '',
      '/**',
      ' * Generic handler for OffsetFetch',
    ].join('\n'),
  },
  {
    // The question is not repeated when the assignment changed meanwhile, but its partitions were not asked for anew
    // either, nor any that came later. And an answer that cannot be read at all ended the process.
    why: 'committed offsets of an assignment that changed meanwhile',
    file: 'rdkafka_assignment.c',
    find: '        if (!offsets && !allow_retry) {\n                rd_dassert(err);',
    put: [
      '        if (!allow_retry && !rd_kafka_terminating(rk) &&',
      '            rd_kafka_handle_OffsetFetch_err_action(NULL, err, request) &',
      '                RD_KAFKA_ERR_ACTION_RETRY) {',
      '                rd_kafka_topic_partition_t *rktpar;',
      '                RD_KAFKA_TPLIST_FOREACH(rktpar,',
      '                                        rk->rk_consumer.assignment.queried)',
      '                        rd_kafka_topic_partition_list_add_copy(',
      '                            rk->rk_consumer.assignment.pending, rktpar);',
      '                rd_kafka_topic_partition_list_clear(',
      '                    rk->rk_consumer.assignment.queried);',
      '                RD_IF_FREE(offsets, rd_kafka_topic_partition_list_destroy);',
      '                rd_kafka_assignment_serve(rk);',
      '                return;',
      '        }',
      '',
      '        if (!offsets) {',
      '                rd_dassert(err);',
    ].join('\n'),
  },
  {
    // A member of a cooperative group that closes while it has no partition did not leave its group. A rebalance then
    // waited for it until its session ended, or gave it partitions that nobody read.
    why: 'a member without partitions that closes',
    file: 'rdkafka_cgrp.c',
    find: [
      '                             "terminating, skipping rejoin",',
      '                             RD_KAFKAP_STR_PR(rkcg->rkcg_group_id));',
    ].join('\n'),
    put: [
      '                             "terminating, skipping rejoin",',
      '                             RD_KAFKAP_STR_PR(rkcg->rkcg_group_id));',
      '                if (rkcg->rkcg_group_protocol ==',
      '                        RD_KAFKA_GROUP_PROTOCOL_CLASSIC &&',
      '                    rkcg->rkcg_join_state !=',
      '                        RD_KAFKA_CGRP_JOIN_STATE_WAIT_UNASSIGN_CALL &&',
      '                    rkcg->rkcg_join_state !=',
      '                        RD_KAFKA_CGRP_JOIN_STATE_WAIT_UNASSIGN_TO_COMPLETE) {',
      '                        rd_kafka_cgrp_leave_maybe(rkcg);',
      '                        rd_kafka_cgrp_set_join_state(',
      '                            rkcg, RD_KAFKA_CGRP_JOIN_STATE_INIT);',
      '                }',
    ].join('\n'),
  },
  {
    // A coordinator tells a member of group protocol `consumer` once what it is to have, or when it is asked in full.
    // When that answer is lost because it came too late, librdkafka asks again, and not in full: the member keeps what it
    // should give back, and the partition's next owner waits until something else changes, be it for ever.
    // As it is here, it asks in full, as it does after a lost connection; and what was not acknowledged is no longer
    // taken for being acknowledged.
    why: 'a heartbeat whose answer was lost',
    file: 'rdkafka_cgrp.c',
    find: [
      '        case RD_KAFKA_RESP_ERR__TRANSPORT:',
      '                rd_kafka_dbg(',
      '                    rkcg->rkcg_rk, CONSUMER, "HEARTBEAT",',
      '                    "ConsumerGroupHeartbeat failed due to coordinator (%s) "',
      '                    "no longer available: %s: "',
    ].join('\n'),
    put: [
      '        case RD_KAFKA_RESP_ERR__TRANSPORT:',
      '        case RD_KAFKA_RESP_ERR__TIMED_OUT:',
      '        case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:',
      '                rkcg->rkcg_consumer_flags &=',
      '                    ~RD_KAFKA_CGRP_CONSUMER_F_SENDING_ACK;',
      '                rd_kafka_dbg(',
      '                    rkcg->rkcg_rk, CONSUMER, "HEARTBEAT",',
      '                    "ConsumerGroupHeartbeat failed due to coordinator (%s) "',
      '                    "no longer available: %s: "',
    ].join('\n'),
  },
  {
    // In rd_kafka_cgrp_consumer_serve, group.protocol=consumer. It is no callback of a timer, and these, too, run without the lock.
    why: 'the timers of a client are stopped under their lock',
    file: 'rdkafka_cgrp.c',
    find: '                                                    &rkcg->rkcg_serve_timer, 0);\n',
    put: '                                                    &rkcg->rkcg_serve_timer, 1);\n',
  },
  {
    // A batch that is damaged inside (and `check.crcs` is not set) is asked for again and again, with larger bounds each
    // time, and then in silence. As it is here, it is told of as one with a wrong checksum is. (A batch that was only cut off
    // stands behind others: something was read, or skipped, or was of an aborted transaction.)
    why: 'a batch that cannot be read',
    file: 'rdkafka_msgset_reader.c',
    find: '                } else if (!err && msetr->msetr_aborted_cnt == 0) {',
    put: [
      '                } else if ((err == RD_KAFKA_RESP_ERR__UNDERFLOW || err == RD_KAFKA_RESP_ERR__BAD_MSG) &&',
      '                           msetr->msetr_aborted_cnt == 0 &&',
      '                           msetr->msetr_next_offset <= rktp->rktp_offsets.fetch_pos.offset &&',
      '                           !RD_KAFKA_IS_SHARE_CONSUMER(msetr->msetr_rkb->rkb_rk)) {',
      '                        err = RD_KAFKA_RESP_ERR__BAD_MSG;',
      '                        rd_kafka_consumer_err(',
      '                            &msetr->msetr_rkq, msetr->msetr_broker_id, err,',
      '                            msetr->msetr_tver->version, NULL, rktp,',
      '                            rktp->rktp_offsets.fetch_pos.offset,',
      '                            "Message at offset %" PRId64 " cannot be read: its batch is damaged",',
      '                            rktp->rktp_offsets.fetch_pos.offset);',
      '',
      '                } else if (!err && msetr->msetr_aborted_cnt == 0) {',
    ].join('\n'),
  },
  {
    // What an answer has no room for comes in the next one: partitions that had something in an answer go behind all others,
    // as in Java. As librdkafka has it, one partition after the other begins a request, but from the first again whenever
    // its queue was full: those behind it wait until it was read to its end. Brokers' threads alone change these lists; the
    // lock is for those who look.
    why: 'partitions that wait for others',
    file: 'rdkafka_fetcher.c',
    find: '        /* Parse messages */\n        err = rd_kafka_msgset_parse(',
    put: [
      '        rd_kafka_broker_lock(rkb);',
      '        TAILQ_REMOVE(&rkb->rkb_toppars, rktp, rktp_rkblink);',
      '        TAILQ_INSERT_TAIL(&rkb->rkb_toppars, rktp, rktp_rkblink);',
      '        rd_kafka_broker_unlock(rkb);',
      '        if (rktp->rktp_fetch) {',
      '                CIRCLEQ_REMOVE(&rkb->rkb_active_toppars, rktp, rktp_activelink);',
      '                CIRCLEQ_INSERT_TAIL(&rkb->rkb_active_toppars, rktp, rktp_activelink);',
      '        }',
      '',
      '        /* Parse messages */',
      '        err = rd_kafka_msgset_parse(',
    ].join('\n'),
  },
  {
    why: 'partitions that wait for others: which comes first',
    file: 'rdkafka_fetcher.c',
    find: '        /* Round-robin start of the list. */\n',
    put: '        rd_kafka_broker_active_toppar_next(rkb, NULL);\n',
  },
  {
    // No fault, but a partition's part of an answer (a MiB, several of them when it was compressed) is given to the
    // consumer only when all of it was read: until then it waits, and afterwards the messages are in no cache any more.
    // Where to read on is noted with each part, as what follows it may turn out to be damaged.
    why: 'messages handed over while the rest is read',
    file: 'rdkafka_msgset_reader.c',
    find: ['/**', ' * @brief Read v2 messages from current buffer position.', ' */'].join('\n'),
    put: [
      'static void rd_kafka_msgset_reader_hand_over(rd_kafka_msgset_reader_t *msetr) {',
      '        rd_kafka_op_t *rko;',
      '        int64_t next_offset;',
      '',
      '        if (msetr->msetr_rkq.rkq_qlen < 1000 ||',
      '            RD_KAFKA_IS_SHARE_CONSUMER(msetr->msetr_rkb->rkb_rk))',
      '                return;',
      '        rko         = rd_kafka_q_last(&msetr->msetr_rkq, RD_KAFKA_OP_FETCH, 0);',
      '        next_offset = rko ? rko->rko_u.fetch.rkm.rkm_offset + 1 : 0;',
      '        if (rd_kafka_q_concat(msetr->msetr_par_rkq, &msetr->msetr_rkq) != -1 &&',
      '            next_offset > msetr->msetr_next_offset)',
      '                msetr->msetr_next_offset = next_offset;',
      '}',
      '',
      '/**',
      ' * @brief Read v2 messages from current buffer position.',
      ' */',
    ].join('\n'),
  },
  {
    why: 'messages handed over while the rest is read: when',
    file: 'rdkafka_msgset_reader.c',
    find: [
      '                err = rd_kafka_msgset_reader_msg_v2(msetr);',
      '                if (unlikely(err))',
      '                        return err;',
    ].join('\n'),
    put: [
      '                err = rd_kafka_msgset_reader_msg_v2(msetr);',
      '                if (unlikely(err))',
      '                        return err;',
      '                rd_kafka_msgset_reader_hand_over(msetr);',
    ].join('\n'),
  },
  {
    why: 'messages handed over while the rest is read: nothing left is not nothing read',
    file: 'rdkafka_msgset_reader.c',
    find: 'if (unlikely(rd_kafka_q_len(&msetr->msetr_rkq) == 0)) {',
    put: 'if (unlikely(rd_kafka_q_len(&msetr->msetr_rkq) == 0 && msetr->msetr_msgcnt == 0)) {',
  },
  {
    // With `auto.offset.reset=error` a partition without an offset to go on from is stopped as if it had never been begun,
    // and a seek is refused: where to go on could be said only by giving it back. One that was begun has its group; asked
    // is not `rktp_started`, which is set before it is begun: that would undo the seek.
    why: 'a seek in a partition that has no offset to go on from',
    file: 'rdkafka_partition.c',
    find: '        } else if (!RD_KAFKA_TOPPAR_FETCH_IS_STARTED(rktp->rktp_fetch_state)) {',
    put: [
      '        } else if (!RD_KAFKA_TOPPAR_FETCH_IS_STARTED(rktp->rktp_fetch_state) &&',
      '                   !(rktp->rktp_cgrp &&',
      '                     rktp->rktp_fetch_state == RD_KAFKA_TOPPAR_FETCH_NONE)) {',
    ].join('\n'),
  },
  {
    // No fault, but the larger messages are, the more: see rdkafka_receive_buffers.h.
    why: 'large buffers to receive into',
    allocator: 'mimalloc',
    file: 'rdbuf.c',
    find: [
      '                rd_segment_init(seg, size > 0 ? rd_malloc(size) : NULL, size);',
      '                if (size > 0)',
      '                        seg->seg_free = rd_free;',
    ].join('\n'),
    put: [
      '                const rd_bool_t is_large = size >= RECEIVE_BUFFER_UNIT;',
      '                void *p = is_large   ? receive_buffer_alloc(size)',
      '                          : size > 0 ? rd_malloc(size)',
      '                                     : NULL;',
      '                rd_assert(p || size == 0);',
      '                rd_segment_init(seg, p, size);',
      '                if (size > 0)',
      '                        seg->seg_free = is_large ? receive_buffer_free : rd_free;',
    ].join('\n'),
  },
  {
    why: 'large buffers to receive into: the header',
    allocator: 'mimalloc',
    file: 'rdbuf.c',
    find: '#include "rdbuf.h"\n',
    put: '#include "rdbuf.h"\n#include "rdkafka_receive_buffers.h"\n',
  },
]

/**
 * @param {string} directory librdkafka's `src`, a copy
 * @param {'mimalloc' | 'system'} allocator
 */
function amend(directory, allocator) {
  const applied = AMENDMENTS.filter((amendment) => (amendment.allocator ?? allocator) === allocator)
  for (const { why, file, find, put } of applied) {
    const full = path.join(directory, file)
    const parts = fs.readFileSync(full, 'utf8').split(find)
    if (parts.length !== 2) {
      throw new SetupError(`${why}: expected one ${JSON.stringify(find)} in ${file}, got ${parts.length - 1}.`)
    }
    fs.writeFileSync(full, parts.join(put))
  }
}

module.exports = { amend }
