//! The icons' paths, drawn on a grid of 24 in lines that are coloured by the text around them.

/// The assistant: a four-pointed spark with a smaller one.
pub(super) const SPARK: &str =
    "M11 4c.6 4.2 2.8 6.4 7 7-4.2.6-6.4 2.8-7 7-.6-4.2-2.8-6.4-7-7 4.2-.6 6.4-2.8 7-7ZM19 16v4M17 18h4";

/// This device.
pub(super) const DEVICE: &str = "M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM2.5 19.500h19";

/// Somewhere else.
pub(super) const CLOUD: &str = "M7 18a4 4 0 0 1-.5-7.970 5.5 5.5 0 0 1 10.600-1.500A4.750 4.750 0 0 1 17 18H7Z";

/// A new conversation.
pub(super) const RENEW: &str =
    "M12 5H7a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-5M18.4 3.600a1.4 1.4 0 0 1 2 2L13 13l-3 1 1-3 7.4-7.400Z";

/// A person.
pub(super) const PERSON: &str = "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.500 20a7.500 7.500 0 0 1 15 0";

/// A thumb up; turned over, a thumb down.
pub(super) const THUMB: &str =
    "M7 11v9H4v-9h3Zm0 0 4-7a2 2 0 0 1 2 2v4h5.500a2 2 0 0 1 2 2.400l-1.200 6a2 2 0 0 1-2 1.600H7";

/// Closes the panel.
pub(super) const CLOSE: &str = "m6.5 6.5 11 11M17.5 6.500l-11 11";

/// Sends.
pub(super) const UP: &str = "M12 19V5.500M6 11l6-6 6 6";

/// To the newest message.
pub(super) const DOWN: &str = "M12 5v13.500M6 13l6 6 6-6";

/// Ends an answer.
pub(super) const STOP: &str = "M8 7h8a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1Z";

/// Something comes to this device.
pub(super) const DOWNLOAD: &str = "M12 4v11M7 10.500l5 5 5-5M5 20h14";

/// Something failed.
pub(super) const ALERT: &str = "M12 3.500a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM12 8v4.500M12 16v.01";

/// Copies.
pub(super) const COPY: &str =
    "M10 9h8a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-8a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1ZM5.5 15V5.500a1 1 0 0 1 1-1H15";

/// Was copied.
pub(super) const CHECK: &str = "m5 12.5 4.5 4.500L19 7.5";
