//! Answers, true and false, against passages. The function words are those that the lists of real languages have.

use super::*;
use crate::knowledge::{endings::some_endings, format::Language};
use proptest::prelude::*;

const HOURS: &str = "Opening hours of Halden\nWe are open Monday to Friday from 8:00 to 18:00, and on Sundays from 10:00 to \
    16:30. On Mondays in August we are closed.";
const POST: &str = "Shipping\nWe ship our coffee to Austria and Germany. Delivery within Austria is free for orders over €45. \
    Parcels leave on Tuesdays and Thursdays. Return unopened bags within 14 days. Write to post@halden.example.";
const VERSAND: &str = "Versand\nDie Lieferung dauert zwischen 2 und 4 Werktagen. Der Versand kostet 4,50 €, Rücksendungen \
    sind kostenlos. Am 24. Dezember ist geschlossen.";

const ENGLISH: &str = "a and are at before by can cannot do for free from i in is it no not of on one only open or our \
    ten the to two we will with within without you your";
const GERMAN: &str = "am bis zwischen das der die drei ein eine für ihr ihre innerhalb ist nach nicht ohne sie sind und uns vier von \
    wie wir zu zwei";

fn checker(question: &str) -> Checker {
    let language = |tag: &str, words: &str| Language {
        tag: tag.into(),
        endings: some_endings(tag),
        function_words: words.split_whitespace().map(str::to_owned).collect(),
    };
    let speech = Speech::of(&[language("en", ENGLISH), language("de", GERMAN)]);
    Checker::new(Rc::new(speech), question, [HOURS, POST, VERSAND].into_iter())
}

fn asked(question: &str, answer: &str, expected: &str) {
    assert_eq!(checker(question).push(answer, true), expected, "{answer}");
}

fn check(answer: &str, expected: &str) {
    asked("When are you open?", answer, expected);
}

/// Passes, cited by this passage.
fn stands(answer: &str, place: usize) {
    check(answer, &format!("{answer} [{place}]"));
}

#[test]
fn a_sentence_is_cited_by_what_it_stands_on() {
    stands("On Sundays we are open from 10:00 to 16:30.", 1);
    stands("We are open on Sundays from 10 am to 4:30 pm.", 1);
    stands("On Tuesday and Thursday our parcels leave.", 2);
    stands("Delivery within Austria is free for orders over €45.", 2);
    stands("Delivery within Austria is free for orders over 45,00 €.", 2);
    stands("Der Versand kostet 4.50 €.", 3);
    stands("Die Lieferung dauert 2 bis 4 Werktage.", 3);
    stands("Eine Rücksendung ist kostenlos.", 3);
    stands("Am 24. Dezember ist geschlossen.", 3);
}

#[test]
fn what_stands_nowhere_is_left_out() {
    for lie in [
        "We are open on Sundays from 9:00.",
        "We are open on Sundays from 8 pm.",
        "We are open on Sundays until 4 pm.",
        "The website is open on Sundays, but only on Sundays.",
        "Delivery to Switzerland is free for orders.",
        "Our founder Maria opened the first café in Rome.",
        "Rossi ships parcels on Tuesdays.",
        "Our coffee ships with Dr. Rossi.",
        "Delivery is free for orders: see https://halden.example/free.",
        "Parcels leave on Tuesdays: write to ost@halden.example.",
        "Parcels leave on Tuesdays: see t.me/parcels.",
        "Return unopened bags within ten days.",
        "Return unopened bags within 14 months.",
        "Return unopened bags within １４ days.",
        "Return unopened bags with the code halden14.",
        "You cannot return unopened bags within 14 days.",
        "Rücksendungen sind nicht kostenlos.",
        "Am 25. Dezember ist geschlossen.",
        "Yes.",
        "Yes, it is free.",
        "It is refundable.",
    ] {
        check(lie, "");
    }
    asked("Do you ship to Japan?", "Yes, we ship our coffee to Japan.", "");
}

#[test]
fn what_says_nothing_by_itself_comes_with_what_stands() {
    check("Yes. Parcels leave on Tuesdays.", "Yes. Parcels leave on Tuesdays. [2]");
    check("Yes. Entry costs €99.", "");
    asked("Is Halden open on Sundays?", "Yes, Halden is open on Sundays.", "Yes, Halden is open on Sundays. [1]");
}

#[test]
fn a_models_own_citation_counts_only_where_it_fits() {
    let truth = "Delivery within Austria is free for orders over €45";
    for cited in ["[1].", "[2][9].", "[7, 8].", "(Passage 1).", "[[1]]."] {
        check(&format!("{truth} {cited}"), &format!("{truth}. [2]"));
    }
    check("Parcels leave on Tuesdays [+2] and [a Thursdays.", "Parcels leave on Tuesdays and (a Thursdays. [2]");
}

#[test]
fn lists_keep_their_marks_and_what_was_cut_off_is_left_out() {
    check(
        "1. Open on Sundays from 10:00.\n2. Parcels leave on Tuesdays.\n- Closed on Mars.",
        "1. Open on Sundays from 10:00. [1]\n2. Parcels leave on Tuesdays. [2]\n",
    );
    check("Parcels leave on Tuesdays. Delivery within Austria is", "Parcels leave on Tuesdays. [2] ");
}

#[test]
fn a_sentence_waits_until_it_is_whole() {
    let mut checker = checker("When are you open?");
    assert_eq!(checker.push("On Sundays we are open from 10:0", false), "");
    assert_eq!(checker.push("0 to 16:30. ", false), "");
    assert_eq!(checker.push("Par", false), "On Sundays we are open from 10:00 to 16:30. [1] ");
    assert_eq!(checker.push("cels leave on Tuesdays.", true), "Parcels leave on Tuesdays. [2]");
    // A second attempt begins anew.
    checker.begin();
    assert_eq!(checker.push("Parcels leave on Tuesdays.", true), "Parcels leave on Tuesdays. [2]");
}

#[test]
fn a_whole_answer_at_once_is_checked_in_time() {
    let long = "Parcels leave on Tuesdays. ".repeat(2_000);
    assert_eq!(checker("?").push(&long, true).matches("[2]").count(), 2_000);
    assert_eq!(checker("?").push(&" ".repeat(200_000), false), "");
}

proptest! {
    #[test]
    fn whatever_a_model_says_no_citation_is_of_a_passage_that_is_not_there(
        pieces in proptest::collection::vec("[a-zA-Z0-9 .,:\\[\\]()+\n€äé。@/-]{0,24}", 0..24)
    ) {
        let mut checker = checker("When are you open?");
        let mut shown: String = pieces.iter().map(|piece| checker.push(piece, false)).collect();
        shown.push_str(&checker.push("", true));
        for (at, _) in shown.match_indices('[') {
            let inside = shown[at + 1..].split(']').next().unwrap_or_default();
            prop_assert!(["1", "2", "3"].contains(&inside), "{shown}");
        }
    }

    #[test]
    fn numbers_that_no_passage_has_are_never_shown(number in 50_u32..99_999, word in "[a-z]{3,9}") {
        let sentence = format!("Parcels leave on Tuesdays for {number} {word}.");
        prop_assert_eq!(checker("When do parcels leave?").push(&sentence, true), "");
    }
}

#[test]
fn a_heading_or_an_echo_of_the_question_tells_nothing() {
    const NUTS: &str =
        "Allergens – Beans\nOur blend has no nuts. Its notes of walnut are a taste alone. The oven is safe.";
    let language = Language { tag: "en".into(), endings: some_endings("en"), function_words: Vec::new() };
    let speech = Rc::new(Speech::of(&[language]));
    let check = |question: &str, answer: &str, expected: &str| {
        let mut checker = Checker::new(speech.clone(), question, [NUTS].into_iter());
        assert_eq!(checker.push(answer, true), expected, "{answer}");
    };
    check("What are the beans?", "1. Allergens – Beans.", "");
    check("Blend walnut safe?", "Blend walnut safe.", "");
    // One sentence has it all.
    check("Notes of walnut?", "Notes of walnut.", "Notes of walnut. [1]");
    check("Is the blend safe?", "The blend has no nuts.", "The blend has no nuts. [1]");
}
