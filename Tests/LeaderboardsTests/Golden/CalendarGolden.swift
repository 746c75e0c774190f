/// Calendar facts found by other means: the output of the Python script at the end of this file.
enum CalendarGolden {
    /// Zone, instant, seconds ahead of UTC.
    static let offsets = """
        UTC 1999-12-31T17:00:00Z 0
        UTC 2000-01-01T01:00:00Z 0
        Europe/Oslo 1990-03-24T23:00:00Z 3600
        Europe/Oslo 1990-03-25T07:00:00Z 7200
        Europe/Oslo 1991-03-30T23:00:00Z 3600
        Europe/Oslo 1991-03-31T07:00:00Z 7200
        America/New_York 1981-04-26T05:00:00Z -18000
        America/New_York 1981-04-26T13:00:00Z -14400
        America/New_York 2018-03-11T05:00:00Z -18000
        America/New_York 2018-03-11T13:00:00Z -14400
        Australia/Lord_Howe 2005-10-29T11:00:00Z 37800
        Australia/Lord_Howe 2005-10-29T19:00:00Z 39600
        Australia/Lord_Howe 2028-04-01T11:00:00Z 39600
        Australia/Lord_Howe 2028-04-01T19:00:00Z 37800
        Asia/Kathmandu 1985-12-31T17:00:00Z 19800
        Asia/Kathmandu 1986-01-01T01:00:00Z 20700
        Pacific/Apia 2010-09-26T05:00:00Z -39600
        Pacific/Apia 2010-09-26T13:00:00Z -36000
        Pacific/Apia 2020-04-04T11:00:00Z 50400
        Pacific/Apia 2020-04-04T19:00:00Z 46800
        America/Sao_Paulo 1990-02-10T23:00:00Z -7200
        America/Sao_Paulo 1990-02-11T07:00:00Z -10800
        America/Sao_Paulo 1991-10-19T23:00:00Z -10800
        America/Sao_Paulo 1991-10-20T07:00:00Z -7200
        Africa/Casablanca 2023-04-22T23:00:00Z 0
        Africa/Casablanca 2023-04-23T07:00:00Z 3600
        Africa/Casablanca 2016-03-26T23:00:00Z 0
        Africa/Casablanca 2016-03-27T07:00:00Z 3600
        Europe/Dublin 1985-10-26T23:00:00Z 3600
        Europe/Dublin 1985-10-27T07:00:00Z 0
        Europe/Dublin 1978-03-18T23:00:00Z 0
        Europe/Dublin 1978-03-19T07:00:00Z 3600
        Asia/Gaza 1999-04-15T17:00:00Z 7200
        Asia/Gaza 1999-04-16T01:00:00Z 10800
        Asia/Gaza 2002-10-17T17:00:00Z 10800
        Asia/Gaza 2002-10-18T01:00:00Z 7200
        America/Caracas 2016-05-01T05:00:00Z -16200
        America/Caracas 2016-05-01T13:00:00Z -14400
        America/Caracas 2007-12-09T05:00:00Z -14400
        America/Caracas 2007-12-09T13:00:00Z -16200
        Africa/Monrovia 1972-01-06T23:00:00Z -2670
        Africa/Monrovia 1972-01-07T07:00:00Z 0
        Pacific/Kwajalein 1993-08-21T05:00:00Z -43200
        Pacific/Kwajalein 1993-08-21T13:00:00Z 43200
        Asia/Pyongyang 2018-05-04T11:00:00Z 30600
        Asia/Pyongyang 2018-05-04T19:00:00Z 32400
        Asia/Pyongyang 2015-08-14T11:00:00Z 32400
        Asia/Pyongyang 2015-08-14T19:00:00Z 30600
        Antarctica/Troll 2035-03-24T23:00:00Z 0
        Antarctica/Troll 2035-03-25T07:00:00Z 7200
        Antarctica/Troll 2020-03-28T23:00:00Z 0
        Antarctica/Troll 2020-03-29T07:00:00Z 7200
        America/St_Johns 1995-04-01T23:00:00Z -12600
        America/St_Johns 1995-04-02T07:00:00Z -9000
        America/St_Johns 2031-03-08T23:00:00Z -12600
        America/St_Johns 2031-03-09T07:00:00Z -9000
        """

    /// Zone, reset, id, start, end, length of the season of one day.
    static let days = """
        Europe/Oslo 00:00 2026-03-28 2026-03-27T23:00:00Z 2026-03-28T23:00:00Z 24h
        Europe/Oslo 00:00 2026-03-29 2026-03-28T23:00:00Z 2026-03-29T22:00:00Z 23h
        Europe/Oslo 00:00 2026-03-30 2026-03-29T22:00:00Z 2026-03-30T22:00:00Z 24h
        Europe/Oslo 04:00 2026-10-23 2026-10-23T02:00:00Z 2026-10-24T02:00:00Z 24h
        Europe/Oslo 04:00 2026-10-24 2026-10-24T02:00:00Z 2026-10-25T03:00:00Z 25h
        Europe/Oslo 04:00 2026-10-25 2026-10-25T03:00:00Z 2026-10-26T03:00:00Z 24h
        Europe/Oslo 02:30 2026-03-27 2026-03-27T01:30:00Z 2026-03-28T01:30:00Z 24h
        Europe/Oslo 02:30 2026-03-28 2026-03-28T01:30:00Z 2026-03-29T01:00:00Z 23.5h
        Europe/Oslo 02:30 2026-03-29 2026-03-29T01:00:00Z 2026-03-30T00:30:00Z 23.5h
        Europe/Oslo 02:30 2026-10-23 2026-10-23T00:30:00Z 2026-10-24T00:30:00Z 24h
        Europe/Oslo 02:30 2026-10-24 2026-10-24T00:30:00Z 2026-10-25T00:30:00Z 24h
        Europe/Oslo 02:30 2026-10-25 2026-10-25T00:30:00Z 2026-10-26T01:30:00Z 25h
        America/New_York 00:00 2026-03-07 2026-03-07T05:00:00Z 2026-03-08T05:00:00Z 24h
        America/New_York 00:00 2026-03-08 2026-03-08T05:00:00Z 2026-03-09T04:00:00Z 23h
        America/New_York 00:00 2026-03-09 2026-03-09T04:00:00Z 2026-03-10T04:00:00Z 24h
        America/New_York 01:30 2026-10-31 2026-10-31T05:30:00Z 2026-11-01T05:30:00Z 24h
        America/New_York 01:30 2026-11-01 2026-11-01T05:30:00Z 2026-11-02T06:30:00Z 25h
        America/New_York 01:30 2026-11-02 2026-11-02T06:30:00Z 2026-11-03T06:30:00Z 24h
        Australia/Lord_Howe 02:00 2026-04-03 2026-04-02T15:00:00Z 2026-04-03T15:00:00Z 24h
        Australia/Lord_Howe 02:00 2026-04-04 2026-04-03T15:00:00Z 2026-04-04T15:30:00Z 24.5h
        Australia/Lord_Howe 02:00 2026-04-05 2026-04-04T15:30:00Z 2026-04-05T15:30:00Z 24h
        Australia/Lord_Howe 02:00 2026-04-06 2026-04-05T15:30:00Z 2026-04-06T15:30:00Z 24h
        Australia/Lord_Howe 02:15 2026-10-02 2026-10-01T15:45:00Z 2026-10-02T15:45:00Z 24h
        Australia/Lord_Howe 02:15 2026-10-03 2026-10-02T15:45:00Z 2026-10-03T15:30:00Z 23.75h
        Australia/Lord_Howe 02:15 2026-10-04 2026-10-03T15:30:00Z 2026-10-04T15:15:00Z 23.75h
        Australia/Lord_Howe 02:15 2026-10-05 2026-10-04T15:15:00Z 2026-10-05T15:15:00Z 24h
        Pacific/Apia 00:00 2011-12-28 2011-12-28T10:00:00Z 2011-12-29T10:00:00Z 24h
        Pacific/Apia 00:00 2011-12-29 2011-12-29T10:00:00Z 2011-12-30T10:00:00Z 24h
        Pacific/Apia 00:00 2011-12-31 2011-12-30T10:00:00Z 2011-12-31T10:00:00Z 24h
        Pacific/Apia 00:00 2012-01-01 2011-12-31T10:00:00Z 2012-01-01T10:00:00Z 24h
        Pacific/Kwajalein 12:00 1993-08-18 1993-08-19T00:00:00Z 1993-08-20T00:00:00Z 24h
        Pacific/Kwajalein 12:00 1993-08-19 1993-08-20T00:00:00Z 1993-08-21T00:00:00Z 24h
        Pacific/Kwajalein 12:00 1993-08-20 1993-08-21T00:00:00Z 1993-08-21T12:00:00Z 12h
        Pacific/Kwajalein 12:00 1993-08-21 1993-08-21T12:00:00Z 1993-08-22T00:00:00Z 12h
        Pacific/Kwajalein 12:00 1993-08-22 1993-08-22T00:00:00Z 1993-08-23T00:00:00Z 24h
        America/Sao_Paulo 00:00 2018-11-02 2018-11-02T03:00:00Z 2018-11-03T03:00:00Z 24h
        America/Sao_Paulo 00:00 2018-11-03 2018-11-03T03:00:00Z 2018-11-04T03:00:00Z 24h
        America/Sao_Paulo 00:00 2018-11-04 2018-11-04T03:00:00Z 2018-11-05T02:00:00Z 23h
        America/Sao_Paulo 00:00 2018-11-05 2018-11-05T02:00:00Z 2018-11-06T02:00:00Z 24h
        America/Sao_Paulo 00:00 2018-02-16 2018-02-16T02:00:00Z 2018-02-17T02:00:00Z 24h
        America/Sao_Paulo 00:00 2018-02-17 2018-02-17T02:00:00Z 2018-02-18T03:00:00Z 25h
        America/Sao_Paulo 00:00 2018-02-18 2018-02-18T03:00:00Z 2018-02-19T03:00:00Z 24h
        Africa/Casablanca 03:00 2026-02-13 2026-02-13T02:00:00Z 2026-02-14T02:00:00Z 24h
        Africa/Casablanca 03:00 2026-02-14 2026-02-14T02:00:00Z 2026-02-15T03:00:00Z 25h
        Africa/Casablanca 03:00 2026-02-15 2026-02-15T03:00:00Z 2026-02-16T03:00:00Z 24h
        Africa/Casablanca 03:00 2026-02-16 2026-02-16T03:00:00Z 2026-02-17T03:00:00Z 24h
        Europe/Dublin 01:00 2026-03-28 2026-03-28T01:00:00Z 2026-03-29T01:00:00Z 24h
        Europe/Dublin 01:00 2026-03-29 2026-03-29T01:00:00Z 2026-03-30T00:00:00Z 23h
        Europe/Dublin 01:00 2026-03-30 2026-03-30T00:00:00Z 2026-03-31T00:00:00Z 24h
        Asia/Gaza 00:00 2011-03-31 2011-03-30T22:00:00Z 2011-03-31T22:00:00Z 24h
        Asia/Gaza 00:00 2011-04-01 2011-03-31T22:00:00Z 2011-04-01T21:00:00Z 23h
        Asia/Gaza 00:00 2011-04-02 2011-04-01T21:00:00Z 2011-04-02T21:00:00Z 24h
        Asia/Gaza 00:00 2011-04-03 2011-04-02T21:00:00Z 2011-04-03T21:00:00Z 24h
        Asia/Kathmandu 00:00 1985-12-30 1985-12-29T18:30:00Z 1985-12-30T18:30:00Z 24h
        Asia/Kathmandu 00:00 1985-12-31 1985-12-30T18:30:00Z 1985-12-31T18:30:00Z 24h
        Asia/Kathmandu 00:00 1986-01-01 1985-12-31T18:30:00Z 1986-01-01T18:15:00Z 23.75h
        Asia/Kathmandu 00:00 1986-01-02 1986-01-01T18:15:00Z 1986-01-02T18:15:00Z 24h
        Africa/Monrovia 00:00 1972-01-05 1972-01-05T00:44:30Z 1972-01-06T00:44:30Z 24h
        Africa/Monrovia 00:00 1972-01-06 1972-01-06T00:44:30Z 1972-01-07T00:44:30Z 24h
        Africa/Monrovia 00:00 1972-01-07 1972-01-07T00:44:30Z 1972-01-08T00:00:00Z 23.2583h
        Africa/Monrovia 00:00 1972-01-08 1972-01-08T00:00:00Z 1972-01-09T00:00:00Z 24h
        UTC 00:00 2024-02-28 2024-02-28T00:00:00Z 2024-02-29T00:00:00Z 24h
        UTC 00:00 2024-02-29 2024-02-29T00:00:00Z 2024-03-01T00:00:00Z 24h
        UTC 00:00 2024-03-01 2024-03-01T00:00:00Z 2024-03-02T00:00:00Z 24h
        UTC 23:59 2023-02-27 2023-02-27T23:59:00Z 2023-02-28T23:59:00Z 24h
        UTC 23:59 2023-02-28 2023-02-28T23:59:00Z 2023-03-01T23:59:00Z 24h
        UTC 23:59 2023-03-01 2023-03-01T23:59:00Z 2023-03-02T23:59:00Z 24h
        """

    /// Zone, instant, id, start, end of its weekly season.
    static let weeks = """
        Australia/Lord_Howe 2020-12-19T09:41:00Z 2020-W51 2020-12-13T13:00:00Z 2020-12-20T13:00:00Z
        Africa/Monrovia 2026-12-03T03:52:00Z 2026-W49 2026-11-30T00:00:00Z 2026-12-07T00:00:00Z
        Europe/Dublin 2015-12-06T18:27:00Z 2015-W49 2015-11-30T00:00:00Z 2015-12-07T00:00:00Z
        Europe/Oslo 2020-12-23T12:11:00Z 2020-W52 2020-12-20T23:00:00Z 2020-12-27T23:00:00Z
        Africa/Casablanca 2015-01-20T05:23:00Z 2015-W04 2015-01-19T00:00:00Z 2015-01-26T00:00:00Z
        Antarctica/Troll 2015-01-09T14:50:00Z 2015-W02 2015-01-05T00:00:00Z 2015-01-12T00:00:00Z
        America/St_Johns 2032-01-19T12:36:00Z 2032-W04 2032-01-19T03:30:00Z 2032-01-26T03:30:00Z
        Europe/Oslo 2004-12-31T16:55:00Z 2004-W53 2004-12-26T23:00:00Z 2005-01-02T23:00:00Z
        Australia/Lord_Howe 2026-01-16T10:47:00Z 2026-W03 2026-01-11T13:00:00Z 2026-01-18T13:00:00Z
        Pacific/Apia 2015-12-24T14:22:00Z 2015-W52 2015-12-20T10:00:00Z 2015-12-27T10:00:00Z
        America/Caracas 2026-01-25T13:54:00Z 2026-W04 2026-01-19T04:00:00Z 2026-01-26T04:00:00Z
        Asia/Pyongyang 2015-01-31T22:23:00Z 2015-W05 2015-01-25T15:00:00Z 2015-02-01T15:00:00Z
        UTC 2026-01-03T01:02:00Z 2026-W01 2025-12-29T00:00:00Z 2026-01-05T00:00:00Z
        America/St_Johns 1981-01-05T07:16:00Z 1981-W02 1981-01-05T03:30:00Z 1981-01-12T03:30:00Z
        Europe/Oslo 2020-01-18T21:15:00Z 2020-W03 2020-01-12T23:00:00Z 2020-01-19T23:00:00Z
        Antarctica/Troll 2009-01-23T03:03:00Z 2009-W04 2009-01-19T00:00:00Z 2009-01-26T00:00:00Z
        America/Sao_Paulo 2009-12-16T05:16:00Z 2009-W51 2009-12-14T02:00:00Z 2009-12-21T02:00:00Z
        Europe/Dublin 2015-12-02T00:40:00Z 2015-W49 2015-11-30T00:00:00Z 2015-12-07T00:00:00Z
        America/Caracas 2020-12-10T18:20:00Z 2020-W50 2020-12-07T04:00:00Z 2020-12-14T04:00:00Z
        America/Caracas 2032-01-26T03:52:00Z 2032-W04 2032-01-19T04:00:00Z 2032-01-26T04:00:00Z
        Africa/Monrovia 2026-01-05T08:25:00Z 2026-W02 2026-01-05T00:00:00Z 2026-01-12T00:00:00Z
        Asia/Pyongyang 1981-12-06T19:38:00Z 1981-W50 1981-12-06T15:00:00Z 1981-12-13T15:00:00Z
        Australia/Lord_Howe 2020-01-15T18:57:00Z 2020-W03 2020-01-12T13:00:00Z 2020-01-19T13:00:00Z
        Asia/Pyongyang 2020-01-12T03:57:00Z 2020-W02 2020-01-05T15:00:00Z 2020-01-12T15:00:00Z
        UTC 2009-12-25T01:15:00Z 2009-W52 2009-12-21T00:00:00Z 2009-12-28T00:00:00Z
        """

    /// Zone, instant, id, start, end of its monthly season.
    static let months = """
        Europe/Oslo 1982-05-02T07:16:00Z 1982-05 1982-04-30T22:00:00Z 1982-05-31T22:00:00Z
        America/Sao_Paulo 2026-10-01T18:56:00Z 2026-10 2026-10-01T03:00:00Z 2026-11-01T03:00:00Z
        Australia/Lord_Howe 1986-07-02T03:39:00Z 1986-07 1986-06-30T13:30:00Z 1986-07-31T13:30:00Z
        Asia/Pyongyang 1997-09-30T09:53:00Z 1997-09 1997-08-31T15:00:00Z 1997-09-30T15:00:00Z
        UTC 2008-07-01T04:14:00Z 2008-07 2008-07-01T00:00:00Z 2008-08-01T00:00:00Z
        Asia/Kathmandu 1994-09-30T09:06:00Z 1994-09 1994-08-31T18:15:00Z 1994-09-30T18:15:00Z
        Pacific/Apia 2027-09-02T02:08:00Z 2027-09 2027-08-31T11:00:00Z 2027-09-30T11:00:00Z
        Asia/Kathmandu 2004-06-02T04:03:00Z 2004-06 2004-05-31T18:15:00Z 2004-06-30T18:15:00Z
        Africa/Casablanca 2033-04-30T15:15:00Z 2033-04 2033-03-31T23:00:00Z 2033-04-30T23:00:00Z
        Asia/Gaza 2001-06-01T11:18:00Z 2001-06 2001-05-31T21:00:00Z 2001-06-30T21:00:00Z
        Pacific/Kwajalein 2022-11-30T11:38:00Z 2022-11 2022-10-31T12:00:00Z 2022-11-30T12:00:00Z
        Africa/Casablanca 1975-04-30T07:38:00Z 1975-04 1975-04-01T00:00:00Z 1975-05-01T00:00:00Z
        Pacific/Kwajalein 1982-11-30T02:54:00Z 1982-11 1982-11-01T12:00:00Z 1982-12-01T12:00:00Z
        Africa/Casablanca 1986-02-28T01:14:00Z 1986-02 1986-02-01T00:00:00Z 1986-03-01T00:00:00Z
        Asia/Pyongyang 1982-06-29T21:33:00Z 1982-06 1982-05-31T15:00:00Z 1982-06-30T15:00:00Z
        America/Sao_Paulo 1998-08-01T09:34:00Z 1998-08 1998-08-01T03:00:00Z 1998-09-01T03:00:00Z
        Africa/Monrovia 1992-02-01T15:33:00Z 1992-02 1992-02-01T00:00:00Z 1992-03-01T00:00:00Z
        UTC 1974-07-31T23:52:00Z 1974-07 1974-07-01T00:00:00Z 1974-08-01T00:00:00Z
        Asia/Kathmandu 2028-06-02T00:15:00Z 2028-06 2028-05-31T18:15:00Z 2028-06-30T18:15:00Z
        Asia/Gaza 1975-01-01T07:37:00Z 1975-01 1974-12-31T22:00:00Z 1975-01-31T22:00:00Z
        Africa/Casablanca 2028-02-28T17:40:00Z 2028-02 2028-02-01T00:00:00Z 2028-03-01T00:00:00Z
        Pacific/Kwajalein 2026-02-28T19:26:00Z 2026-03 2026-02-28T12:00:00Z 2026-03-31T12:00:00Z
        Europe/Dublin 2000-06-30T18:53:00Z 2000-06 2000-05-31T23:00:00Z 2000-06-30T23:00:00Z
        Europe/Oslo 2019-02-01T18:15:00Z 2019-02 2019-01-31T23:00:00Z 2019-02-28T23:00:00Z
        America/New_York 2016-11-01T04:34:00Z 2016-11 2016-11-01T04:00:00Z 2016-12-01T05:00:00Z
        """

    /// Zone | expression | instant | the firings after it.
    static let firings = """
        Europe/Oslo | 0 4 * * * | 2026-03-28T12:00:00Z | 2026-03-29T02:00:00Z 2026-03-30T02:00:00Z 2026-03-31T02:00:00Z
        Europe/Oslo | 30 2 * * * | 2026-03-27T12:00:00Z | 2026-03-28T01:30:00Z 2026-03-29T01:00:00Z 2026-03-30T00:30:00Z 2026-03-31T00:30:00Z
        Europe/Oslo | 30 2 * * * | 2026-10-23T12:00:00Z | 2026-10-24T00:30:00Z 2026-10-25T00:30:00Z 2026-10-26T01:30:00Z 2026-10-27T01:30:00Z
        Europe/Oslo | */20 * * * * | 2026-10-24T23:50:00Z | 2026-10-25T00:00:00Z 2026-10-25T00:20:00Z 2026-10-25T00:40:00Z 2026-10-25T02:00:00Z 2026-10-25T02:20:00Z 2026-10-25T02:40:00Z 2026-10-25T03:00:00Z 2026-10-25T03:20:00Z 2026-10-25T03:40:00Z
        Europe/Oslo | */20 * * * * | 2026-03-29T00:10:00Z | 2026-03-29T00:20:00Z 2026-03-29T00:40:00Z 2026-03-29T01:00:00Z 2026-03-29T01:20:00Z 2026-03-29T01:40:00Z 2026-03-29T02:00:00Z 2026-03-29T02:20:00Z
        America/New_York | 15 1-3 * * * | 2026-03-08T00:00:00Z | 2026-03-08T06:15:00Z 2026-03-08T07:00:00Z 2026-03-08T07:15:00Z 2026-03-09T05:15:00Z 2026-03-09T06:15:00Z 2026-03-09T07:15:00Z
        America/New_York | 15 1-3 * * * | 2026-11-01T00:00:00Z | 2026-11-01T05:15:00Z 2026-11-01T07:15:00Z 2026-11-01T08:15:00Z 2026-11-02T06:15:00Z 2026-11-02T07:15:00Z 2026-11-02T08:15:00Z
        Australia/Lord_Howe | */20 * * * * | 2026-04-04T14:00:00Z | 2026-04-04T14:20:00Z 2026-04-04T14:40:00Z 2026-04-04T15:30:00Z 2026-04-04T15:50:00Z 2026-04-04T16:10:00Z 2026-04-04T16:30:00Z 2026-04-04T16:50:00Z 2026-04-04T17:10:00Z 2026-04-04T17:30:00Z
        Australia/Lord_Howe | */20 * * * * | 2026-10-03T14:30:00Z | 2026-10-03T14:50:00Z 2026-10-03T15:10:00Z 2026-10-03T15:30:00Z 2026-10-03T15:40:00Z 2026-10-03T16:00:00Z 2026-10-03T16:20:00Z 2026-10-03T16:40:00Z
        Pacific/Apia | 0 4 * * * | 2011-12-29T00:00:00Z | 2011-12-29T14:00:00Z 2011-12-30T10:00:00Z 2011-12-30T14:00:00Z 2011-12-31T14:00:00Z
        Pacific/Apia | 0 0 13 * FRI | 2011-12-20T00:00:00Z | 2011-12-23T10:00:00Z 2011-12-30T10:00:00Z 2012-01-05T10:00:00Z 2012-01-12T10:00:00Z
        America/Sao_Paulo | 0 0 13 * FRI | 2018-10-30T00:00:00Z | 2018-11-02T03:00:00Z 2018-11-09T02:00:00Z 2018-11-13T02:00:00Z 2018-11-16T02:00:00Z 2018-11-23T02:00:00Z
        UTC | 0 0 13 * FRI | 2026-01-01T00:00:00Z | 2026-01-02T00:00:00Z 2026-01-09T00:00:00Z 2026-01-13T00:00:00Z 2026-01-16T00:00:00Z 2026-01-23T00:00:00Z 2026-01-30T00:00:00Z 2026-02-06T00:00:00Z 2026-02-13T00:00:00Z
        UTC | 0 12 */10 * MON | 2026-01-01T00:00:00Z | 2026-05-11T12:00:00Z 2026-06-01T12:00:00Z 2026-08-31T12:00:00Z 2026-09-21T12:00:00Z 2026-12-21T12:00:00Z
        UTC | 5 0 29 2 * | 2023-06-01T00:00:00Z | 2024-02-29T00:05:00Z
        Europe/Dublin | 0 6,18 1-7 JAN-MAR,OCT 7 | 2026-03-20T00:00:00Z | 2026-03-22T06:00:00Z 2026-03-22T18:00:00Z 2026-03-29T05:00:00Z 2026-03-29T17:00:00Z 2026-10-01T05:00:00Z 2026-10-01T17:00:00Z
        Asia/Kathmandu | 59 23 31 * * | 2026-01-01T00:00:00Z | 2026-01-31T18:14:00Z 2026-03-31T18:14:00Z 2026-05-31T18:14:00Z 2026-07-31T18:14:00Z
        """

    /// Date, ISO week, ISO weekday, days since 1970-01-01.
    static let isoWeeks = """
        0001-01-01 0001-W01 1 -719162
        0001-01-04 0001-W01 4 -719159
        0001-02-28 0001-W09 3 -719104
        0001-12-28 0001-W52 5 -718801
        0001-12-31 0002-W01 1 -718798
        1899-01-01 1898-W52 7 -25932
        1899-01-04 1899-W01 3 -25929
        1899-02-28 1899-W09 2 -25874
        1899-12-28 1899-W52 4 -25571
        1899-12-31 1899-W52 7 -25568
        1976-01-01 1976-W01 4 2191
        1976-01-04 1976-W01 7 2194
        1976-02-28 1976-W09 6 2249
        1976-12-28 1976-W53 2 2553
        1976-12-31 1976-W53 5 2556
        2000-01-01 1999-W52 6 10957
        2000-01-04 2000-W01 2 10960
        2000-02-28 2000-W09 1 11015
        2000-12-28 2000-W52 4 11319
        2000-12-31 2000-W52 7 11322
        2009-01-01 2009-W01 4 14245
        2009-01-04 2009-W01 7 14248
        2009-02-28 2009-W09 6 14303
        2009-12-28 2009-W53 1 14606
        2009-12-31 2009-W53 4 14609
        2015-01-01 2015-W01 4 16436
        2015-01-04 2015-W01 7 16439
        2015-02-28 2015-W09 6 16494
        2015-12-28 2015-W53 1 16797
        2015-12-31 2015-W53 4 16800
        2020-01-01 2020-W01 3 18262
        2020-01-04 2020-W01 6 18265
        2020-02-28 2020-W09 5 18320
        2020-12-28 2020-W53 1 18624
        2020-12-31 2020-W53 4 18627
        2026-01-01 2026-W01 4 20454
        2026-01-04 2026-W01 7 20457
        2026-02-28 2026-W09 6 20512
        2026-12-28 2026-W53 1 20815
        2026-12-31 2026-W53 4 20818
        2100-01-01 2099-W53 5 47482
        2100-01-04 2100-W01 1 47485
        2100-02-28 2100-W08 7 47540
        2100-12-28 2100-W52 2 47843
        2100-12-31 2100-W52 5 47846
        9998-01-01 9998-W01 4 2932167
        9998-01-04 9998-W01 7 2932170
        9998-02-28 9998-W09 6 2932225
        9998-12-28 9998-W53 1 2932528
        9998-12-31 9998-W53 4 2932531
        """

}

// # Prints CalendarGolden.swift. Needs Python 3.11 and its zoneinfo; tzdata 2025b was used.
// #
// # Nothing is calculated the way Laurel does it: instants are found by walking forward minute by minute and looking at
// # the clock, weeks come from isocalendar(), and cron expressions are Python conditions.
// from datetime import datetime, date, timedelta, timezone
// from zoneinfo import ZoneInfo
// import random
//
// UTC, MINUTE, DAY = timezone.utc, timedelta(minutes=1), timedelta(days=1)
// random.seed(20261123)
//
// def wall(instant, zone):
//     return instant.astimezone(zone).replace(tzinfo=None)
//
// def first_instant(local, zone):
//     """The first instant at which the clocks show `local` or later."""
//     instant = (local - timedelta(hours=30)).replace(tzinfo=UTC)
//     while wall(instant, zone) < local:
//         instant += MINUTE / 2  # Monrovia was 44:30 behind UTC until 1972
//     return instant
//
// def stamp(instant):
//     return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
//
// def table(name, comment, rows):
//     print(f'    /// {comment}\n    static let {name} = """')
//     for row in rows:
//         print("        " + row)
//     print('        """\n')
//
// ZONES = ["UTC", "Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
//          "America/Sao_Paulo", "Africa/Casablanca", "Europe/Dublin", "Asia/Gaza", "America/Caracas", "Africa/Monrovia",
//          "Pacific/Kwajalein", "Asia/Pyongyang", "Antarctica/Troll", "America/St_Johns"]
//
// def changes(zone, first, last):
//     """Every hour in which the offset changes."""
//     found, instant = [], datetime(first, 1, 1, tzinfo=UTC)
//     offset = instant.astimezone(zone).utcoffset()
//     while instant.year <= last:
//         instant += timedelta(hours=6)
//         if instant.astimezone(zone).utcoffset() != offset:
//             offset = instant.astimezone(zone).utcoffset()
//             found.append(instant)
//     return found
//
// def offsets():
//     for name in ZONES:
//         zone = ZoneInfo(name)
//         found = changes(zone, 1970, 2036) or [datetime(2000, 1, 1, tzinfo=UTC)]
//         for change in random.sample(found, min(2, len(found))):
//             for hours in (-7, 1):
//                 instant = change + timedelta(hours=hours)
//                 yield f"{name} {stamp(instant)} {int(instant.astimezone(zone).utcoffset().total_seconds())}"
//
// def days():
//     picks = [("Europe/Oslo", "00:00", date(2026, 3, 28), 3), ("Europe/Oslo", "04:00", date(2026, 10, 23), 3),
//              ("Europe/Oslo", "02:30", date(2026, 3, 27), 3), ("Europe/Oslo", "02:30", date(2026, 10, 23), 3),
//              ("America/New_York", "00:00", date(2026, 3, 7), 3), ("America/New_York", "01:30", date(2026, 10, 31), 3),
//              ("Australia/Lord_Howe", "02:00", date(2026, 4, 3), 4), ("Australia/Lord_Howe", "02:15", date(2026, 10, 2), 4),
//              ("Pacific/Apia", "00:00", date(2011, 12, 28), 5), ("Pacific/Kwajalein", "12:00", date(1993, 8, 18), 5),
//              ("America/Sao_Paulo", "00:00", date(2018, 11, 2), 4), ("America/Sao_Paulo", "00:00", date(2018, 2, 16), 3),
//              ("Africa/Casablanca", "03:00", date(2026, 2, 13), 4), ("Europe/Dublin", "01:00", date(2026, 3, 28), 3),
//              ("Asia/Gaza", "00:00", date(2011, 3, 31), 4), ("Asia/Kathmandu", "00:00", date(1985, 12, 30), 4),
//              ("Africa/Monrovia", "00:00", date(1972, 1, 5), 4), ("UTC", "00:00", date(2024, 2, 28), 3),
//              ("UTC", "23:59", date(2023, 2, 27), 3)]
//     for name, at, first, count in picks:
//         zone = ZoneInfo(name)
//         hour, minute = map(int, at.split(":"))
//         starts = [(first + DAY * n, first_instant(datetime(first.year, first.month, first.day, hour, minute) + DAY * n, zone))
//                   for n in range(count + 1)]
//         for (day, start), (_, end) in zip(starts, starts[1:]):
//             if start < end:
//                 yield f"{name} {at} {day} {stamp(start)} {stamp(end)} {(end - start).total_seconds() / 3600:g}h"
//
// def weeks():
//     """The weekly season of an instant, for weeks that begin on Monday."""
//     for _ in range(25):
//         name = random.choice(ZONES)
//         zone = ZoneInfo(name)
//         year = random.choice([1976, 1981, 2004, 2009, 2015, 2020, 2026, 2032])
//         instant = datetime(year, random.choice([1, 12]), 1, tzinfo=UTC) + timedelta(minutes=random.randrange(31 * 1440))
//         day = wall(instant, zone).date()
//         monday = day - DAY * day.weekday()
//         year, number, _ = day.isocalendar()
//         start, end = (first_instant(datetime.combine(monday + DAY * n, datetime.min.time()), zone) for n in (0, 7))
//         yield f"{name} {stamp(instant)} {year}-W{number:02} {stamp(start)} {stamp(end)}"
//
// def months():
//     for _ in range(25):
//         name = random.choice(ZONES)
//         zone = ZoneInfo(name)
//         instant = datetime(random.randrange(1971, 2036), random.randrange(1, 13), 1, tzinfo=UTC) \
//             + timedelta(minutes=random.randrange(-2000, 2000))
//         day = wall(instant, zone).date()
//         first = day.replace(day=1)
//         following = (first + DAY * 31).replace(day=1)
//         start, end = (first_instant(datetime(d.year, d.month, 1), zone) for d in (first, following))
//         yield f"{name} {stamp(instant)} {first:%Y-%m} {stamp(start)} {stamp(end)}"
//
// CRON = {
//     "0 4 * * *": lambda t: (t.hour, t.minute) == (4, 0),
//     "30 2 * * *": lambda t: (t.hour, t.minute) == (2, 30),
//     "*/20 * * * *": lambda t: t.minute % 20 == 0,
//     "15 1-3 * * *": lambda t: t.hour in (1, 2, 3) and t.minute == 15,
//     "0 0 13 * FRI": lambda t: (t.hour, t.minute) == (0, 0) and (t.day == 13 or t.weekday() == 4),
//     "0 12 */10 * MON": lambda t: (t.hour, t.minute) == (12, 0) and t.day in (1, 11, 21, 31) and t.weekday() == 0,
//     "5 0 29 2 *": lambda t: (t.month, t.day, t.hour, t.minute) == (2, 29, 0, 5),
//     "0 6,18 1-7 JAN-MAR,OCT 7": lambda t: t.minute == 0 and t.hour in (6, 18) and t.month in (1, 2, 3, 10)
//         and (t.day <= 7 or t.weekday() == 6),
//     "59 23 31 * *": lambda t: (t.day, t.hour, t.minute) == (31, 23, 59),
// }
//
// def firings():
//     """A firing is when the clocks show more than ever before, and a minute that they newly show or skip matches."""
//     for name, expression, after, count in [
//             ("Europe/Oslo", "0 4 * * *", "2026-03-28T12:00", 3), ("Europe/Oslo", "30 2 * * *", "2026-03-27T12:00", 4),
//             ("Europe/Oslo", "30 2 * * *", "2026-10-23T12:00", 4), ("Europe/Oslo", "*/20 * * * *", "2026-10-24T23:50", 9),
//             ("Europe/Oslo", "*/20 * * * *", "2026-03-29T00:10", 7), ("America/New_York", "15 1-3 * * *", "2026-03-08T00:00", 6),
//             ("America/New_York", "15 1-3 * * *", "2026-11-01T00:00", 6), ("Australia/Lord_Howe", "*/20 * * * *", "2026-04-04T14:00", 9),
//             ("Australia/Lord_Howe", "*/20 * * * *", "2026-10-03T14:30", 7), ("Pacific/Apia", "0 4 * * *", "2011-12-29T00:00", 4),
//             ("Pacific/Apia", "0 0 13 * FRI", "2011-12-20T00:00", 4), ("America/Sao_Paulo", "0 0 13 * FRI", "2018-10-30T00:00", 5),
//             ("UTC", "0 0 13 * FRI", "2026-01-01T00:00", 8), ("UTC", "0 12 */10 * MON", "2026-01-01T00:00", 5),
//             ("UTC", "5 0 29 2 *", "2023-06-01T00:00", 1), ("Europe/Dublin", "0 6,18 1-7 JAN-MAR,OCT 7", "2026-03-20T00:00", 6),
//             ("Asia/Kathmandu", "59 23 31 * *", "2026-01-01T00:00", 4)]:
//         zone, instant, found = ZoneInfo(name), datetime.fromisoformat(after).replace(tzinfo=UTC), []
//         shown = max(wall(instant - MINUTE * n, zone) for n in range(200))
//         while len(found) < count:
//             instant += MINUTE
//             fires, now = False, wall(instant, zone)
//             while shown < now:
//                 shown += MINUTE
//                 fires = fires or CRON[expression](shown)
//             if fires:
//                 found.append(stamp(instant))
//         yield f"{name} | {expression} | {after}:00Z | {' '.join(found)}"
//
// def iso_weeks():
//     for year in (1, 1899, 1976, 2000, 2009, 2015, 2020, 2026, 2100, 9998):
//         for month, day in ((1, 1), (1, 4), (2, 28), (12, 28), (12, 31)):
//             d = date(year, month, day)
//             y, w, weekday = d.isocalendar()
//             yield f"{d.isoformat()} {y:04}-W{w:02} {weekday} {(d - date(1970, 1, 1)).days}"
//
// print("/// Calendar facts found by other means: the output of the Python script at the end of this file.")
// print("enum CalendarGolden {")
// table("offsets", "Zone, instant, seconds ahead of UTC.", offsets())
// table("days", "Zone, reset, id, start, end, length of the season of one day.", days())
// table("weeks", "Zone, instant, id, start, end of its weekly season.", weeks())
// table("months", "Zone, instant, id, start, end of its monthly season.", months())
// table("firings", "Zone | expression | instant | the firings after it.", firings())
// table("isoWeeks", "Date, ISO week, ISO weekday, days since 1970-01-01.", iso_weeks())
// print("}\n")
// for line in open(__file__).read().splitlines():
//     print(("// " + line).rstrip())
