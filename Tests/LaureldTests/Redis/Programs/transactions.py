"""Pipelines, transactions and optimistic locking by redis-py."""

import threading

from session import Session, connected, pairs, redis

A, B = "{t}a", "{t}b"


class Pipelines(Session):
    def test_a_pipeline_is_answered_in_its_order(self):
        with self.client.pipeline(transaction=False) as pipe:
            for number in range(5000):
                pipe.zadd("board%d" % (number % 7), {"m%d" % number: number})
                pipe.zscore("board%d" % (number % 7), "m%d" % number)
            replies = pipe.execute()
        self.assertEqual(replies, [reply for number in range(5000) for reply in (1, float(number))])

    def test_a_wrong_command_in_a_pipeline_leaves_the_others_alone(self):
        with self.client.pipeline(transaction=False) as pipe:
            pipe.zadd(A, {"ann": 1}).zadd(A, {"bob": "much"}).execute_command("NOSUCH").zcard(A)
            replies = pipe.execute(raise_on_error=False)
        self.assertEqual((replies[0], replies[3]), (1, 1))
        self.assertIsInstance(replies[1], redis.ResponseError)
        self.assertIsInstance(replies[2], redis.ResponseError)


class Transactions(Session):
    def test_a_transaction_is_answered_as_a_whole(self):
        with self.client.pipeline() as pipe:
            pipe.zadd(A, {"ann": 1, "bob": 2}).zincrby(B, 2.5, "ann").zrange(A, 0, -1, withscores=True).zpopmax(A)
            added, score, entries, popped = pipe.execute()
        self.assertEqual((added, score, pairs(entries), pairs(popped)), (2, 2.5, [(b"ann", 1), (b"bob", 2)], [(b"bob", 2)]))

    def test_a_command_that_fails_when_run_does_not_undo_the_others(self):
        with self.client.pipeline() as pipe:
            pipe.zadd(A, {"ann": 1}).zincrby(A, "much", "ann").zcard(A)
            added, problem, count = pipe.execute(raise_on_error=False)
        self.assertEqual((added, count), (1, 1))
        self.assertIsInstance(problem, redis.ResponseError)

    def test_a_command_that_can_not_be_queued_undoes_all(self):
        with self.client.pipeline() as pipe:
            pipe.zadd(A, {"ann": 1}).execute_command("ZADD", A)
            with self.assertRaises(redis.ResponseError):
                pipe.execute()
        self.assertEqual(self.client.exists(A), 0)

    def test_a_watched_key_that_another_client_changes_undoes_all(self):
        other = self.another()
        for change in (lambda: other.zadd(A, {"ann": 9}), lambda: other.zrem(A, "ann"), lambda: other.delete(A)):
            self.client.zadd(A, {"ann": 1, "bob": 2})
            with self.client.pipeline() as pipe:
                pipe.watch(A, B)
                self.assertEqual(pipe.zscore(A, "bob"), 2)
                change()
                pipe.multi()
                pipe.zadd(B, {"ann": 1})
                with self.assertRaises(redis.WatchError):
                    pipe.execute()
            self.assertEqual(self.client.exists(B), 0)

    def test_a_watched_key_that_nobody_changes_does_no_harm(self):
        other = self.another()
        self.client.zadd(A, {"ann": 1})
        with self.client.pipeline() as pipe:
            pipe.watch(A)
            other.zadd("another", {"ann": 1})
            self.assertEqual(other.zscore(A, "ann"), 1)
            pipe.multi()
            pipe.zadd(A, {"ann": 2})
            self.assertEqual(pipe.execute(), [0])
            pipe.watch(A)
            other.zadd(A, {"ann": 3})
            pipe.unwatch()
            pipe.multi()
            pipe.zcard(A)
            self.assertEqual(pipe.execute(), [1])

    def test_clients_that_watch_and_retry_lose_no_change(self):
        self.client.zadd(A, {"count": 0})
        problems = []

        def work():
            client = connected()
            try:
                for _ in range(30):
                    def step(pipe):
                        score = pipe.zscore(A, "count")
                        pipe.multi()
                        pipe.zadd(A, {"count": score + 1})
                    client.transaction(step, A)
            except Exception as problem:  # Told by the test's own thread.
                problems.append(problem)
            client.close()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((problems, self.client.zscore(A, "count")), ([], 120))
