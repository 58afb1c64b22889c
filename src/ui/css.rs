//! Takes out of style sheets what only their authors read: comments, line breaks and what indents a line. Done by the
//! compiler, so that visitors download nothing of it and nobody needs a tool.

/// Walks over what stays of a sheet, and counts it; writes it, if there is room.
const fn walk(sheet: &str, room: &mut [u8]) -> usize {
    let sheet = sheet.as_bytes();
    let (mut at, mut length) = (0, 0);
    // What stays was written last; and whether only white space came since, with a line break in it.
    let (mut last, mut broken) = (b';', true);
    while at < sheet.len() {
        let byte = sheet[at];
        if byte == b'/' && at + 1 < sheet.len() && sheet[at + 1] == b'*' {
            at += 2;
            while !(sheet[at] == b'*' && sheet[at + 1] == b'/') {
                at += 1;
            }
            at += 2;
            continue;
        }
        if byte == b'\n' || broken && byte == b' ' {
            broken = true;
            at += 1;
            continue;
        }
        // A break in the midst of something separates as a space does.
        let separates = broken && !matches!(last, b'{' | b'}' | b';' | b',');
        broken = false;
        if separates {
            last = b' ';
        } else {
            last = byte;
            at += 1;
        }
        if length < room.len() {
            room[length] = last;
        }
        length += 1;
    }
    length
}

/// How many bytes stay.
pub(super) const fn length(sheet: &str) -> usize {
    walk(sheet, &mut [])
}

/// The bytes that stay.
pub(super) const fn shorten<const LENGTH: usize>(sheet: &str) -> [u8; LENGTH] {
    let mut short = [0; LENGTH];
    walk(sheet, &mut short);
    short
}

/// Those as text.
pub(super) const fn text(short: &[u8]) -> &str {
    match std::str::from_utf8(short) {
        Ok(text) => text,
        Err(_) => panic!("only comments hold anything but ASCII"),
    }
}
