//! Takes out of style sheets what only their authors read: comments, and the white space that begins a line or ends it.
//! Done by the compiler, so that visitors download nothing of it and nobody needs a tool.

/// Walks over what stays of a sheet, and counts it; writes it, if there is room.
const fn walk(sheet: &str, room: &mut [u8]) -> usize {
    let sheet = sheet.as_bytes();
    let (mut at, mut length, mut line_begins) = (0, 0, true);
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
        at += 1;
        line_begins = byte == b'\n' || line_begins && byte == b' ';
        if line_begins {
            continue;
        }
        if length < room.len() {
            room[length] = byte;
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
