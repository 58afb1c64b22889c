//! Small talk: what no page answers and any model may.

use super::words::{Kind, words};

/// What people say to each other before and after they ask something.
const COURTESIES: [&str; 60] = [
    "hi",
    "hello",
    "hey",
    "hiya",
    "howdy",
    "morning",
    "evening",
    "afternoon",
    "good",
    "nice",
    "great",
    "cool",
    "thanks",
    "thank",
    "thx",
    "cheers",
    "bye",
    "goodbye",
    "ok",
    "okay",
    "please",
    "sorry",
    "well",
    "done",
    "perfect",
    "you",
    "so",
    "much",
    "very",
    "day",
    "hallo",
    "guten",
    "morgen",
    "tag",
    "abend",
    "danke",
    "vielen",
    "dank",
    "bitte",
    "tschüss",
    "moin",
    "super",
    "bonjour",
    "bonsoir",
    "salut",
    "merci",
    "beaucoup",
    "hola",
    "buenos",
    "buenas",
    "días",
    "tardes",
    "gracias",
    "adiós",
    "ciao",
    "buongiorno",
    "grazie",
    "olá",
    "obrigado",
    "obrigada",
];

/// Those that are said by themselves, and not only beside another.
const BARE: [&str; 28] = [
    "hi", "hello", "hey", "hiya", "howdy", "thanks", "thank", "thx", "cheers", "bye", "goodbye", "ok", "okay", "hallo",
    "guten", "danke", "dank", "tschüss", "moin", "bonjour", "bonsoir", "salut", "merci", "hola", "gracias", "ciao",
    "grazie", "obrigado",
];

/// What visitors ask of the assistant itself.
const OF_ITSELF: [&str; 16] = [
    "who are you",
    "what are you",
    "what can you do",
    "are you a bot",
    "are you a robot",
    "are you human",
    "are you real",
    "are you an ai",
    "how are you",
    "what is your name",
    "whats your name",
    "what did i just ask",
    "what did i ask",
    "wer bist du",
    "wer sind sie",
    "qui es tu",
];

/// Whether this is small talk, or about the conversation itself.
pub fn is_chatter(question: &str) -> bool {
    let words: Vec<String> =
        words(question).into_iter().filter(|word| word.kind != Kind::Joined).map(|word| word.text).collect();
    let is_in = |word: &String, list: &[&str]| list.contains(&word.as_str());
    let courteous = words.iter().all(|word| is_in(word, &COURTESIES)) && words.iter().any(|word| is_in(word, &BARE));
    courteous || OF_ITSELF.contains(&words.join(" ").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_and_thanks_are_small_talk_and_questions_are_not() {
        for chatter in ["Hi!", "Hello, good morning", "thanks so much", "Who are you?", "What’s your name?", "Danke"]
        {
            assert!(is_chatter(chatter), "{chatter}");
        }
        let asked =
            ["Where are you?", "hello, when do you open", "good coffee", "", "thanks, and on Sundays?", "morning"];
        for question in asked {
            assert!(!is_chatter(question), "{question}");
        }
    }
}
