// What a C program does with hiredis: pipelines, transactions and the types of version 3.
//
//     hiredis_client PORT KEY PROTOCOL
//
// Without a key the server is a redis-server. Says "done" at the end, and the first difference otherwise. Version 3 takes
// hiredis 1.0 or newer.
#include <hiredis.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int protocol;

#define CHECK(condition)                                                                        \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            printf("line %d, protocol %d: not so: %s\n", __LINE__, protocol, #condition);       \
            exit(1);                                                                            \
        }                                                                                       \
    } while (0)

static int isText(const redisReply *reply, int type, const char *text) {
    return reply->type == type && (size_t)reply->len == strlen(text) && memcmp(reply->str, text, reply->len) == 0;
}

// A score is a double of its own type in version 3, and a text in version 2.
static int isScore(const redisReply *reply, double score) {
#if HIREDIS_MAJOR >= 1
    if (protocol == 3) return reply->type == REDIS_REPLY_DOUBLE && reply->dval == score;
#endif
    return reply->type == REDIS_REPLY_STRING && strtod(reply->str, NULL) == score;
}

static redisReply *next(redisContext *context) {
    void *reply = NULL;
    CHECK(redisGetReply(context, &reply) == REDIS_OK);
    return reply;
}

#define ASK(context, reply, condition, ...)                 \
    do {                                                    \
        redisReply *reply = redisCommand(context, __VA_ARGS__); \
        CHECK(reply != NULL);                               \
        CHECK(condition);                                   \
        freeReplyObject(reply);                             \
    } while (0)

static redisContext *connected(int port, const char *key) {
    redisContext *context = redisConnect("127.0.0.1", port);
    CHECK(context != NULL && context->err == 0);
    redisSetTimeout(context, (struct timeval){.tv_sec = 60});
    if (*key) ASK(context, reply, isText(reply, REDIS_REPLY_STATUS, "OK"), "AUTH %s", key);
#if HIREDIS_MAJOR >= 1
    if (protocol == 3) {
        redisReply *hello = redisCommand(context, "HELLO 3");
        CHECK(hello != NULL && hello->type == REDIS_REPLY_MAP && hello->elements == 14);
        CHECK(isText(hello->element[4], REDIS_REPLY_STRING, "proto"));
        CHECK(hello->element[5]->type == REDIS_REPLY_INTEGER && hello->element[5]->integer == 3);
        freeReplyObject(hello);
    }
#endif
    return context;
}

static void pipeline(redisContext *context) {
    enum { count = 10000 };
    for (int number = 0; number < count; number++) {
        CHECK(redisAppendCommand(context, "ZADD {h}board %d m%d", number, number) == REDIS_OK);
        CHECK(redisAppendCommand(context, "ZSCORE {h}board m%d", number) == REDIS_OK);
    }
    for (int number = 0; number < count; number++) {
        redisReply *added = next(context), *score = next(context);
        CHECK(added->type == REDIS_REPLY_INTEGER && added->integer == 1);
        CHECK(isScore(score, number));
        freeReplyObject(added);
        freeReplyObject(score);
    }
    ASK(context, reply, reply->type == REDIS_REPLY_ARRAY && reply->elements == count, "ZRANGE {h}board 0 -1");
}

static void types(redisContext *context) {
    const char binary[] = {'a', 0, '\r', '\n', (char)0xFF};
    ASK(context, reply, reply->type == REDIS_REPLY_INTEGER, "ZADD {h}t inf %b -inf low 0.1 ann", binary, sizeof binary);
    ASK(context, reply, isScore(reply, INFINITY), "ZSCORE {h}t %b", binary, sizeof binary);
    ASK(context, reply, isScore(reply, -INFINITY), "ZSCORE {h}t low");
    ASK(context, reply, isScore(reply, 0.1), "ZSCORE {h}t ann");
    ASK(context, reply, reply->type == REDIS_REPLY_NIL, "ZSCORE {h}t none");
    ASK(context, reply, reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "ERR ", 4) == 0, "ZADD {h}t x y");
    redisReply *range = redisCommand(context, "ZRANGE {h}t 1 2 WITHSCORES");
    CHECK(range != NULL && range->type == REDIS_REPLY_ARRAY);
    if (protocol == 3) {
        CHECK(range->elements == 2 && range->element[1]->type == REDIS_REPLY_ARRAY && range->element[1]->elements == 2);
        CHECK(range->element[1]->element[0]->len == sizeof binary);
        CHECK(memcmp(range->element[1]->element[0]->str, binary, sizeof binary) == 0);
        CHECK(isScore(range->element[1]->element[1], INFINITY));
    } else {
        CHECK(range->elements == 4 && isText(range->element[0], REDIS_REPLY_STRING, "ann"));
        CHECK(isText(range->element[3], REDIS_REPLY_STRING, "inf"));
    }
    freeReplyObject(range);
    redisReply *setting = redisCommand(context, "CONFIG GET appendonly");
    CHECK(setting != NULL && setting->elements == 2 && isText(setting->element[0], REDIS_REPLY_STRING, "appendonly"));
#if HIREDIS_MAJOR >= 1
    CHECK(setting->type == (protocol == 3 ? REDIS_REPLY_MAP : REDIS_REPLY_ARRAY));
#endif
    freeReplyObject(setting);
}

static void transactions(redisContext *context, redisContext *other) {
    redisAppendCommand(context, "MULTI");
    redisAppendCommand(context, "ZADD {h}x 1.5 ann");
    redisAppendCommand(context, "ZINCRBY {h}x 2 ann");
    redisAppendCommand(context, "EXEC");
    for (int number = 0; number < 3; number++) {
        redisReply *reply = next(context);
        CHECK(isText(reply, REDIS_REPLY_STATUS, number == 0 ? "OK" : "QUEUED"));
        freeReplyObject(reply);
    }
    redisReply *replies = next(context);
    CHECK(replies->type == REDIS_REPLY_ARRAY && replies->elements == 2);
    CHECK(replies->element[0]->integer == 1 && isScore(replies->element[1], 3.5));
    freeReplyObject(replies);
    for (int interferes = 0; interferes < 2; interferes++) {
        ASK(context, reply, isText(reply, REDIS_REPLY_STATUS, "OK"), "WATCH {h}x");
        if (interferes) ASK(other, reply, reply->integer == 1, "ZADD {h}x 9 bob");
        ASK(context, reply, isText(reply, REDIS_REPLY_STATUS, "OK"), "MULTI");
        ASK(context, reply, isText(reply, REDIS_REPLY_STATUS, "QUEUED"), "ZCARD {h}x");
        ASK(context, reply, reply->type == (interferes ? REDIS_REPLY_NIL : REDIS_REPLY_ARRAY), "EXEC");
    }
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    int port = atoi(arguments[1]);
    protocol = atoi(arguments[3]);
    redisContext *context = connected(port, arguments[2]), *other = connected(port, arguments[2]);
    ASK(context, reply, isText(reply, REDIS_REPLY_STATUS, "OK"), "FLUSHDB");
    pipeline(context);
    types(context);
    transactions(context, other);
    redisFree(other);
    redisFree(context);
    printf("hiredis %d.%d, protocol %d: done\n", HIREDIS_MAJOR, HIREDIS_MINOR, protocol);
    return 0;
}
