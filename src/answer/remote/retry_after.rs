//! The header Retry-After: how long a server wants to be left alone.

/// How many seconds a Retry-After asks to wait: whole seconds, or a date in one of HTTP's three forms (RFC 9110,
/// 5.6.7 and 10.2.3), which `now`, in seconds since 1970, is subtracted from.
///
/// None when there is nothing to wait for: missing, zero, in the past, or no such value at all. A number beyond all
/// bounds is a very long time.
#[must_use]
pub fn retry_after(value: Option<&str>, now: u64) -> Option<u64> {
    let value = value?;
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = match digits {
        // Digits alone fail to be a number only when there are too many of them.
        true => value.parse().unwrap_or(u64::MAX),
        false => http_date(value, now)?.saturating_sub(now),
    };
    (seconds > 0).then_some(seconds)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Seconds since 1970 of a date in one of HTTP's forms. `now` decides the century where a form leaves it out.
fn http_date(text: &str, now: u64) -> Option<u64> {
    let is_short_day = |name: &str| name.len() == 3 && DAYS.iter().any(|day| day.starts_with(name));
    let Some((day_name, rest)) = text.split_once(", ") else {
        // `Sun Nov  6 08:49:37 1994`
        let (day_name, rest) = text.split_once(' ')?;
        let (month, rest) = rest.split_once(' ')?;
        let (day, rest) = rest.split_at_checked(2)?;
        let (time, year) = rest.strip_prefix(' ')?.split_once(' ')?;
        let day = match day.strip_prefix(' ') {
            Some(digit) => number(digit, 1)?,
            None => number(day, 2)?,
        };
        return moment(number(year, 4)?, month, day, time).filter(|_| is_short_day(day_name));
    };
    let (date, time) = rest.strip_suffix(" GMT")?.rsplit_once(' ')?;
    let parts = |separator| {
        let (day, date) = date.split_once(separator)?;
        let (month, year) = date.split_once(separator)?;
        Some((number(day, 2)?, month, year))
    };
    if let Some((day, month, year)) = parts(' ') {
        // `Sun, 06 Nov 1994 08:49:37 GMT`
        return moment(number(year, 4)?, month, day, time).filter(|_| is_short_day(day_name));
    }
    // `Sunday, 06-Nov-94 08:49:37 GMT`: of the years that end so, the last that is at most fifty years ahead.
    let (day, month, year) = parts('-').filter(|_| DAYS.contains(&day_name))?;
    let year = number(year, 2)?;
    let newest = 1970 + now / SECONDS_OF_YEAR + 50;
    let year = newest - (newest % 100 + 100 - year) % 100;
    moment(year, month, day, time)
}

/// Of the Gregorian calendar, on average.
const SECONDS_OF_YEAR: u64 = 31_556_952;

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Option<u64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Seconds since 1970, 0 for anything before.
fn moment(year: u64, month: &str, day: u64, time: &str) -> Option<u64> {
    let month = MONTHS.iter().position(|name| *name == month)?;
    let (hour, time) = time.split_once(':')?;
    let (minute, second) = time.split_once(':')?;
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    // A minute may have a leap second.
    if day == 0 || day > *lengths.get(month)? || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Whole years since the year 1, and the days that they have had.
    let days_of = |years: u64| years * 365 + years / 4 - years / 100 + years / 400;
    let Some(days) = days_of(year.saturating_sub(1)).checked_sub(days_of(1969)) else { return Some(0) };
    let days = days + lengths.iter().take(month).sum::<u64>() + day - 1;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: u64 = 784_111_777; // Sun, 06 Nov 1994 08:49:37 GMT

    #[test]
    fn retry_after_is_seconds_or_a_date_and_nothing_else() {
        let check = |value: &str, seconds: Option<u64>| assert_eq!(retry_after(Some(value), NOW), seconds, "{value:?}");
        assert_eq!(retry_after(None, NOW), None);
        check("1", Some(1));
        check("007", Some(7));
        check("120", Some(120));
        check("1000000000", Some(1_000_000_000));
        check("99999999999999999999999", Some(u64::MAX));
        check("Sun, 06 Nov 1994 08:50:37 GMT", Some(60));
        check("Sunday, 06-Nov-94 08:50:37 GMT", Some(60));
        check("Sun Nov  6 08:50:37 1994", Some(60));
        check("Thu Nov 10 08:49:37 1994", Some(4 * 86_400));
        check("Sun, 06 Nov 1994 08:49:60 GMT", Some(23));
        // Zero, now, past.
        for nothing in [
            "0",
            "000",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:36 GMT",
            "Sat Nov  5 08:49:37 1994",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Mon, 01 Jan 0001 00:00:00 GMT",
            "Sat, 01 Jan 0000 00:00:00 GMT",
            "Fri, 31 Dec 1920 00:00:00 GMT",
        ] {
            check(nothing, None);
        }
        for malformed in [
            "",
            " ",
            "-1",
            "+1",
            "1.5",
            "1e3",
            "5, 10",
            "5;",
            "soon",
            "5 s",
            "\u{661}",
            "0x10",
            "Infinity",
            "2094-11-06T08:49:37Z",
            "Sun, 6 Nov 2094 08:49:37 GMT",
            "Sun, 06 Nov 2094 08:49:37",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06 Nov 2094 08:49:37 UTC",
            "Sun, 06 nov 2094 08:49:37 GMT",
            "Sun, 06 Nov 2094 8:49:37 GMT",
            "Sun, 06 Nov 2094 24:00:00 GMT",
            "Sun, 06 Nov 2094 08:60:00 GMT",
            "Sun, 06 Nov 2094 08:49:61 GMT",
            "Sun, 00 Nov 2094 08:49:37 GMT",
            "Sun, 31 Nov 2094 08:49:37 GMT",
            "Sun, 29 Feb 2095 08:49:37 GMT",
            "Son, 06 Nov 2094 08:49:37 GMT",
            "06 Nov 2094 08:49:37 GMT",
            "Sunday, 06 Nov 2094 08:49:37 GMT",
            "Sun, 06-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-2094 08:49:37 GMT",
            "Sun Nov 6 08:49:37 2094",
            "Sun Nov  6 08:49:37 94",
            "Sun Nov  6 08:49:37 2094 GMT",
            "Sun, 06 Nov 2094  08:49:37 GMT",
            "Sun, +6 Nov 2094 08:49:37 GMT",
            "Sun Nov é 08:49:37 2094",
            ", - - GMT",
        ] {
            check(malformed, None);
        }
    }

    #[test]
    fn dates_are_counted_as_the_calendar_has_it() {
        let check = |date: &str, seconds: u64| assert_eq!(http_date(date, NOW), Some(seconds), "{date}");
        check("Thu, 01 Jan 1970 00:00:00 GMT", 0);
        check("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600);
        check("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400);
        check("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799);
        // Fifty years ahead at most, and otherwise the last of that name. 1994 + 50 = 2044.
        check("Tuesday, 01-Mar-44 00:00:00 GMT", 2_340_403_200);
        check("Wednesday, 01-Mar-45 00:00:00 GMT", 0);
        check("Friday, 01-Jan-99 00:00:00 GMT", 915_148_800);
    }

    proptest! {
        #[test]
        fn any_header_is_a_wait_or_none(value: String, now: u64) {
            prop_assert_ne!(retry_after(Some(&value), now), Some(0));
        }

        #[test]
        fn a_date_in_any_form_is_the_same_moment(
            day in 1u64..29, month in 0usize..12, year in 1995u64..2045, second in 0u64..86_400,
        ) {
            let name = MONTHS[month];
            let time = format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
            let fixed = http_date(&format!("Sun, {day:02} {name} {year} {time} GMT"), NOW);
            prop_assert!(fixed.is_some());
            prop_assert_eq!(http_date(&format!("Sunday, {day:02}-{name}-{:02} {time} GMT", year % 100), NOW), fixed);
            prop_assert_eq!(http_date(&format!("Sun {name} {day:2} {time} {year}"), NOW), fixed);
        }
    }
}
