//! Answers, true and false, against two passages.

use super::*;
use crate::knowledge::{endings::some_endings, format::Language};
use proptest::prelude::*;

const HOURS: &str = "We are open Monday to Friday from 8:00 to 18:00, and on Sundays from 10:00 to 16:00.";
const POST: &str =
    "Delivery within Austria is free for orders over €45. Parcels leave on Tuesdays. Write to post@halden.example.";

fn checker(question: &str) -> Checker {
    let function = "a and are at for from is it on our the to we you your".split(' ').map(str::to_owned).collect();
    let speech = Speech::of(&[Language { tag: "en".into(), endings: some_endings("en"), function_words: function }]);
    Checker::new(Rc::new(speech), question, [HOURS, POST].into_iter())
}

fn check(answer: &str, expected: &str) {
    assert_eq!(checker("When are you open?").push(answer, true), expected, "{answer}");
}

#[test]
fn a_sentence_is_cited_by_what_it_stands_on() {
    check("On Sundays we are open from 10:00 to 16:00.", "On Sundays we are open from 10:00 to 16:00. [1]");
    check("Delivery is free for orders over €45.", "Delivery is free for orders over €45. [2]");
    check("We are open on Sundays from 10 am to 4 pm.", "We are open on Sundays from 10 am to 4 pm. [1]");
}

#[test]
fn what_stands_nowhere_is_left_out() {
    check("We are open on Sundays from 9:00.", "");
    check("The website is open on Sundays, but only on Sundays.", "");
    check("Delivery to Germany is free for orders.", "");
    check("Our founder Maria opened the first café in Rome.", "");
    check("Delivery is free for orders: see https://halden.example/free.", "");
    check("Write to help@halden.example about parcels.", "");
    check("Write to post@halden.example about parcels.", "Write to post@halden.example about parcels. [2]");
    check(
        "We are open on Sundays from 10:00 to 16:00. Tickets cost €12. Delivery is free for orders over €45.",
        "We are open on Sundays from 10:00 to 16:00. [1] Delivery is free for orders over €45. [2]",
    );
}

#[test]
fn a_models_own_citation_counts_only_where_it_fits() {
    check("Delivery is free for orders over €45 [1].", "Delivery is free for orders over €45. [2]");
    check("Delivery is free for orders over €45 [2][9].", "Delivery is free for orders over €45. [2]");
    check("Delivery is free for orders over €45 [7, 8].", "Delivery is free for orders over €45. [2]");
}

#[test]
fn lists_keep_their_marks() {
    check(
        "1. Open on Sundays from 10:00.\n2. Parcels leave on Tuesdays.\n- Closed on Mars.",
        "1. Open on Sundays from 10:00. [1]\n2. Parcels leave on Tuesdays. [2]\n",
    );
}

#[test]
fn a_sentence_waits_until_it_is_whole() {
    let mut checker = checker("When are you open?");
    assert_eq!(checker.push("On Sundays we are open from 10:0", false), "");
    assert_eq!(checker.push("0 to 16:00. ", false), "");
    assert_eq!(checker.push("Par", false), "On Sundays we are open from 10:00 to 16:00. [1] ");
    assert_eq!(checker.push("cels leave on Tuesdays.", true), "Parcels leave on Tuesdays. [2]");
}

#[test]
fn a_name_may_come_from_the_question() {
    let mut own = checker("Is Halden open on Sundays?");
    assert_eq!(own.push("Yes, Halden is open on Sundays.", true), "Yes, Halden is open on Sundays. [1]");
}

proptest! {
    #[test]
    fn whatever_a_model_says_no_citation_is_of_a_passage_that_is_not_there(
        pieces in proptest::collection::vec("[a-zA-Z0-9 .,:\\[\\]()\n€äé。@/-]{0,24}", 0..24)
    ) {
        let mut checker = checker("When are you open?");
        let mut shown: String = pieces.iter().map(|piece| checker.push(piece, false)).collect();
        shown.push_str(&checker.push("", true));
        for (at, _) in shown.match_indices('[') {
            let inside = shown[at + 1..].split(']').next().unwrap_or_default();
            let number = inside.parse::<usize>();
            prop_assert!(!matches!(number, Ok(number) if !(1..=2).contains(&number)), "{shown}");
        }
        for number in numbers(&shown).iter().filter(|number| number.len() > 2) {
            let plain = number.trim_end_matches(":00");
            prop_assert!(HOURS.contains(plain) || POST.contains(plain), "{number} in {shown}");
        }
    }
}
