//! English. Short, warm and plain; a sentence a shop assistant could say.

use super::{Direction, Text, Word};

/// The widget in English, and the fallback for every language that has no row of its own.
pub const EN: Text = Text {
    tag: "en",
    direction: Direction::LeftToRight,
    say,
};

fn say(word: Word) -> &'static str {
    match word {
        Word::Heading => "Ask a question",
        Word::Greeting => "Hi! What would you like to know?",
        Word::MadeOnDevice => "Answers are made on this device",
        Word::MadeOnline => "Answers are made online",
        Word::Disclaimer => "Answers can be wrong. Please check anything important.",
        Word::Close => "Close chat",
        Word::NewConversation => "New conversation",
        Word::Handoff => "Talk to a person",

        Word::Log => "Conversation",
        Word::You => "You",
        Word::Assistant => "Assistant",
        Word::Newest => "Go to the newest message",
        Word::Thinking => "Thinking…",
        Word::Answering => "Writing an answer…",
        Word::Unanswered => "I couldn’t find that on this site’s pages.",
        Word::Quoted => "Here’s what this site’s pages say:",
        Word::Sources => "Sources",
        Word::Helpful => "Helpful",
        Word::Unhelpful => "Not helpful",
        Word::Stopped => "Stopped",
        Word::AnsweredOnline => "Answered online",
        Word::CutOffHere => "Cut off here",

        Word::Composer => "Your question",
        Word::Placeholder => "Write your question…",
        Word::TooLongBy => "That’s too long by {n}. Please shorten it.",
        Word::Send => "Send",
        Word::Stop => "Stop",

        Word::ConsentTitle => "Get the assistant?",
        Word::ConsentBody => {
            "It’s a download of {size}. It then answers right here on this device, and what you write stays here too."
        }
        Word::ConsentBodyUnsized => {
            "It’s a larger download. It then answers right here on this device, and what you write stays here too."
        }
        Word::ConsentBodyEither => "It’s a download of {size}. It then answers right here on this device.",
        Word::ConsentBodyEitherUnsized => "It’s a larger download. It then answers right here on this device.",
        Word::ConsentAgree => "Download",
        Word::ConsentDecline => "Not now",
        Word::Declined => "No problem, nothing was downloaded. You can change your mind any time.",
        Word::DeclinedAgain => "I’ve changed my mind",
        Word::LoadingTitle => "Getting the assistant ready",
        Word::Loading => "{done} of {total}",
        Word::LoadingUnsized => "{done} so far",
        Word::Preparing => "Just a moment…",
        Word::Cancel => "Cancel",

        Word::LeaveTitle => "Answer online instead?",
        Word::LeaveBody => {
            "This device won’t answer by itself. With your permission, what you write in this chat is sent over the internet and answered there."
        }
        Word::LeaveAgree => "Answer online",
        Word::LeaveDecline => "Not now",
        Word::VerifyTitle => "One quick check",
        Word::VerifyBody => "Please confirm that you’re human. Your answer comes right after.",
        Word::Waiting => "Lots of questions right now. Trying again in {n}\u{a0}s.",

        Word::TryAgain => "Try again",
        Word::Reference => "Ref: {reference}",
        Word::CopyReference => "Copy reference",
        Word::Copied => "Copied",
        Word::Offline => "You seem to be offline. Check your connection, then try again.",
        Word::Busy => "Lots of questions right now. Try again in {n}\u{a0}s.",
        Word::BusyUntil => "Lots of questions right now. Try again at {time}.",
        Word::BusyUnknown => "Lots of questions right now. Please try again in a moment.",
        Word::Setup => "The assistant isn’t available on this page right now.",
        Word::Plan => "The assistant can’t take this question right now.",
        Word::Session => "This chat has ended. Please start a new one.",
        Word::Verify => "We couldn’t check that you’re human. Please try again.",
        Word::Device => "Sorry, this device can’t run the assistant right now.",
        Word::Download => "The assistant couldn’t be loaded.",
        Word::Message => "We couldn’t read that message. Try putting it another way.",
        Word::TooLong => "That question is too long. Please shorten it.",
        Word::CutOff => "The reply was cut off.",
        Word::Ours => "Something went wrong on our side. Sorry about that.",
    }
}
