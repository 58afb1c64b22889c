//! A conversation that goes on after its page.

use super::*;
use crate::{
    chat::{Event, Settings, flow::step},
    error::{Code, Failure},
};
use proptest::prelude::*;

fn entry(text: &str, speaker: Speaker, state: EntryState) -> Entry {
    let (text, sources) = (text.into(), Vec::new());
    Entry { id: EntryId(0), name: 0, speaker, text, state, online: false, sources, rating: None }
}

fn failed(family: Family, then: Offer) -> EntryState {
    let retry = Retry { by_itself: ByItself::Nothing, then };
    EntryState::Failed(Notice { family, reference: Reference::client([7; 8]), retry, opens: Opens::Now })
}

fn state(entries: Vec<Entry>, draft: &str) -> State {
    State { entries, draft: draft.into(), ..State::new(Settings::default()) }
}

/// What the next page makes of it.
fn restored(saved: &str) -> State {
    let mut next = State::new(Settings::default());
    let _effects = step(&mut next, Event::Restored(saved.into()), &mut || [0; 16]);
    next
}

/// All of an entry but its name, which each page gives anew.
fn essence(state: &State) -> Vec<(Speaker, &str, &EntryState, bool)> {
    state.entries.iter().map(|entry| (entry.speaker, entry.text.as_str(), &entry.state, entry.online)).collect()
}

/// Any entry that is settled.
fn any_entry() -> impl Strategy<Value = Entry> {
    let state = prop_oneof![
        Just(EntryState::Whole),
        Just(EntryState::Stopped),
        Just(EntryState::Declined),
        (proptest::sample::select(Family::ALL.to_vec()), any::<bool>())
            .prop_map(|(family, again)| failed(family, if again { Offer::Ask } else { Offer::Nothing })),
    ];
    (any::<String>(), any::<bool>(), state, any::<bool>()).prop_map(|(text, asks, state, online)| {
        let speaker = if asks { Speaker::Visitor } else { Speaker::Assistant };
        let state = if asks { EntryState::Whole } else { state };
        Entry { online: online && !asks, ..entry(&text, speaker, state) }
    })
}

proptest! {
    #[test]
    fn what_is_saved_is_what_comes_back(
        entries in proptest::collection::vec(any_entry(), 0..8),
        draft: String,
        may_leave: bool,
    ) {
        let mut before = state(entries, &draft);
        let something = !before.entries.is_empty() || !draft.is_empty();
        before.leaving = if may_leave { Consent::Granted } else { Consent::Unasked };
        let after = restored(&before.saved(&|_| None));
        prop_assert_eq!(essence(&after), essence(&before));
        prop_assert_eq!(&after.draft, &before.draft);
        prop_assert_eq!(after.leaving == Consent::Granted, may_leave && something);
        // What comes back is saved again as it was.
        prop_assert_eq!(after.saved(&|_| None), before.saved(&|_| None));
    }

    #[test]
    fn no_text_breaks_it(saved: String) {
        let _state = restored(&saved);
    }

    #[test]
    fn a_part_of_it_is_nothing(
        entries in proptest::collection::vec(any_entry(), 1..4),
        share in 0.0..1.0f64,
    ) {
        let before = state(entries, "");
        let saved = before.saved(&|_| None);
        let mut end = (saved.len() as f64 * share) as usize;
        while !saved.is_char_boundary(end) {
            end -= 1;
        }
        let after = restored(&saved[..end]);
        prop_assert_eq!(essence(&after).len(), if end == saved.len() { before.entries.len() } else { 0 });
    }
}

#[test]
fn nothing_to_keep_is_nothing() {
    assert_eq!(state(Vec::new(), "").saved(&|_| None), "");
    assert_eq!(restored(""), State::new(Settings::default()));
}

#[test]
fn an_answer_on_its_way_comes_back_as_far_as_it_came() {
    let question = || entry("Why?", Speaker::Visitor, EntryState::Whole);
    let begun = restored(
        &state(vec![question(), entry("Beca", Speaker::Assistant, EntryState::Streaming)], "").saved(&|_| None),
    );
    assert_eq!(begun.entries[1].state, EntryState::Stopped);
    assert_eq!(begun.entries[1].text, "Beca");
    assert!(begun.accepts());
    // Without a word it is asked again by one press.
    let bare =
        restored(&state(vec![question(), entry("", Speaker::Assistant, EntryState::Streaming)], "").saved(&|_| None));
    assert!(bare.can_try_again(bare.entries[1].id));
}

#[test]
fn a_failure_keeps_its_reference_and_its_button() {
    let question = entry("Why?", Speaker::Visitor, EntryState::Whole);
    let waits = failed(Family::Busy, Offer::Wait);
    let after = restored(&state(vec![question, entry("", Speaker::Assistant, waits)], "").saved(&|_| None));
    let EntryState::Failed(notice) = &after.entries[1].state else { panic!("{after:?}") };
    assert_eq!((notice.family, &notice.reference), (Family::Busy, &Reference::client([7; 8])));
    assert!(after.can_try_again(after.entries[1].id));
}

#[test]
fn what_ails_the_setup_is_not_kept() {
    let mut state = state(vec![entry("Why?", Speaker::Visitor, EntryState::Whole)], "");
    let failure = Failure::client(Code::ConfigInvalid, "mode: …", Reference::client([1; 8]));
    let _effects = step(&mut state, Event::Misconfigured(failure), &mut || [0; 16]);
    assert_eq!(state.entries.len(), 2);
    assert_eq!(restored(&state.saved(&|_| None)).entries.len(), 1);
}

#[test]
fn a_conversation_that_has_begun_is_not_replaced() {
    let saved = state(vec![entry("Why?", Speaker::Visitor, EntryState::Whole)], "old").saved(&|_| None);
    let mut begun = state(Vec::new(), "new");
    let effects = step(&mut begun, Event::Restored(saved), &mut || [0; 16]);
    assert_eq!((begun.entries.len(), begun.draft.as_str(), effects), (0, "new", Vec::new()));
}

/// What a storage holds, as it stands there.
fn written(version: u8, saved: &Saved) -> String {
    [version].into_iter().chain(wire::encode(saved)).map(char::from).collect()
}

fn saved_entry(name: u64, state: Mark, text: &str) -> SavedEntry {
    SavedEntry { name, online: false, state, text: text.into(), sources: Vec::new(), rating: None, key: None }
}

fn failure(family: u8, reference: &str) -> Mark {
    Mark::Failed { family, reference: reference.into(), again: true, opens: 0, told: false }
}

fn kept(entries: Vec<SavedEntry>) -> Saved {
    Saved { draft: "a".into(), entries, ..Saved::default() }
}

#[test]
fn what_nobody_here_wrote_is_no_conversation() {
    let whole = || kept(vec![saved_entry(1, Mark::Asked, "q")]);
    assert_ne!(restored(&written(VERSION, &whole())), State::new(Settings::default()));
    let keyed = SavedEntry {
        key: Some(("<b>no key, of the same length</b>....".into(), 1)),
        ..saved_entry(1, Mark::Asked, "")
    };
    for saved in [
        "1:1,1:n,1:a,4:v---,0:,1:q,".into(), // version 0.1.0's
        written(VERSION + 1, &whole()),
        format!("{}x", written(VERSION, &whole())),
        written(VERSION, &kept(vec![saved_entry(1, failure(200, "c-0000000000"), "")])),
        written(VERSION, &kept(vec![saved_entry(1, failure(0, "<b>ref</b>"), "")])),
        written(VERSION, &kept(vec![keyed])),
        written(VERSION, &Saved { since: u64::MAX, ..whole() }),
        "\u{2}\u{20ac}".into(), // no byte
    ] {
        assert_eq!(restored(&saved), State::new(Settings::default()), "{saved:?}");
    }
}

#[test]
fn k03_what_is_kept_has_a_bound_and_the_oldest_go_first() {
    let long = "x".repeat(200_000);
    let pair = |at: u64| {
        let named = |name, entry| Entry { name, ..entry };
        let question = entry(&format!("{at}"), Speaker::Visitor, EntryState::Whole);
        [named(at * 2, question), named(at * 2 + 1, entry(&long, Speaker::Assistant, EntryState::Whole))]
    };
    let before = state((0..20).flat_map(pair).collect(), &"d".repeat(3_000_000));
    let saved = before.saved(&|_| None);
    assert!(saved.len() < MOST_BYTES + MOST_DRAFT_BYTES + 10_000, "{}", saved.len());
    let after = restored(&saved);
    assert_eq!(after.entries.first().map(|entry| (entry.speaker, entry.text.as_str())), Some((Speaker::Visitor, "16")));
    assert_eq!(after.entries.len(), 8);
}

#[test]
fn k08_a_question_in_flight_keeps_its_key() {
    let random = || [7; 16];
    let key = IdempotencyKey::new(random()).for_body("{}", random());
    let mut before = state(
        vec![
            Entry { name: 1, ..entry("Why?", Speaker::Visitor, EntryState::Whole) },
            Entry { id: EntryId(2), name: 2, ..entry("", Speaker::Assistant, EntryState::Streaming) },
        ],
        "",
    );
    before.asked = Some(crate::chat::state::Asked::new(EntryId(2), Some(key.clone())));
    let mut after = restored(&before.saved(&|_| None));
    let answer = after.entries[1].id;
    assert!(after.can_try_again(answer));
    let effects = step(&mut after, Event::TryAgain(answer), &mut || [9; 16]);
    assert!(!effects.is_empty());
    let again = after.keys.iter().find(|(id, _)| *id == answer).map(|(_, key)| key.clone());
    let again = again.or_else(|| after.asked.as_ref().and_then(|asked| asked.key.clone()));
    assert_eq!(again.map(|again| again.for_body("{}", [9; 16])), Some(key.clone()), "the same body under the same key");
    // Once a word was seen, the next page asks anew.
    let mut seen = key;
    seen.seen();
    assert_eq!(seen.to_keep(), None);
}

#[test]
fn a_wait_is_kept_over_a_reload_and_is_none_longer_than_a_day() {
    let waits = |opens| {
        let retry = Retry { by_itself: ByItself::Nothing, then: Offer::Wait };
        EntryState::Failed(Notice { family: Family::Busy, reference: Reference::client([7; 8]), retry, opens })
    };
    let reloaded = |opens, left: u64, slept: u64| {
        let question = entry("Why?", Speaker::Visitor, EntryState::Whole);
        let mut before = state(vec![question, entry("", Speaker::Assistant, waits(opens))], "");
        before.date = 1_000_000;
        before.openings = vec![(5, EntryId(0))];
        let saved = before.saved(&|wait| (wait == 5).then_some(left));
        let mut next = State::new(Settings::default());
        next.date = 1_000_000 + slept;
        let effects = step(&mut next, Event::Restored(saved), &mut || [0; 16]);
        let wait = effects.iter().find_map(|effect| match effect {
            Effect::Wait { ms, .. } => Some(*ms),
            _ => None,
        });
        let EntryState::Failed(notice) = &next.entries[1].state else { panic!("{next:?}") };
        (notice.opens, wait, next.can_try_again(next.entries[1].id))
    };
    assert_eq!(reloaded(Opens::In(45), 40_000, 10_000), (Opens::In(30), Some(30_000), false));
    assert_eq!(reloaded(Opens::At(300), 300_000, 1_000), (Opens::At(299), Some(299_000), false));
    assert_eq!(reloaded(Opens::In(45), 40_000, 50_000), (Opens::Now, None, true));
    assert_eq!(reloaded(Opens::At(300), u64::MAX / 2, 0), (Opens::At(86_400), Some(86_400_000), false));
}

/// A tab that is told what the other has stored.
struct Tab {
    state: State,
}

impl Tab {
    fn new() -> Self {
        Self { state: State::new(Settings::default()) }
    }

    fn step(&mut self, event: Event, date: u64) -> Vec<Effect> {
        self.state.set_date(date);
        let mut chance = date;
        step(&mut self.state, event, &mut || {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mut bytes = [0; 16];
            bytes[8..].copy_from_slice(&chance.to_be_bytes());
            bytes
        })
    }

    /// A pair of the log.
    fn says(&mut self, text: &str, date: u64) {
        self.state.set_date(date);
        let model = crate::wire::ModelSource { url: "https://h.example/m".into(), ..Default::default() };
        self.state.settings.model = Some(model);
        let _asked = self.step(Event::Send(text.into()), date);
        let _declined = self.step(Event::Decline, date);
    }

    fn save(&self) -> String {
        self.state.saved(&|_| None)
    }

    fn texts(&self) -> Vec<&str> {
        let questions = self.state.entries.iter().filter(|entry| entry.speaker == Speaker::Visitor);
        questions.map(|entry| entry.text.as_str()).collect()
    }
}

/// Lets two tabs tell each other what they hold until neither has more to say. A tab in which nothing was said stores
/// nothing, and one that was begun anew has told so before.
fn settle(one: &mut Tab, other: &mut Tab, date: u64) {
    let mut known = (String::new(), String::new());
    for round in 0..20 {
        let now = (one.save(), other.save());
        if now == known {
            return;
        }
        known = now.clone();
        let tell = |tab: &mut Tab, saved: String| {
            if !saved.is_empty() {
                let _effects = tab.step(Event::Elsewhere(saved), date + round);
            }
        };
        tell(other, now.0);
        tell(one, now.1);
    }
    panic!("two tabs never agree: {:?} / {:?}", one.texts(), other.texts());
}

#[test]
fn k02_two_tabs_share_a_conversation_without_loss() {
    let (mut one, mut other) = (Tab::new(), Tab::new());
    one.says("a", 100);
    other.says("b", 101);
    one.says("c", 102);
    settle(&mut one, &mut other, 110);
    assert_eq!(one.texts(), ["a", "b", "c"]);
    assert_eq!(other.texts(), ["a", "b", "c"]);
    assert_eq!(essence(&one.state), essence(&other.state));
    // One goes on, and the other has what is new.
    one.says("d", 120);
    settle(&mut one, &mut other, 130);
    assert_eq!(other.texts(), ["a", "b", "c", "d"]);
}

#[test]
fn a_thumb_is_the_other_tabs_too_and_so_is_taking_it_back() {
    let (mut one, mut other) = (Tab::new(), Tab::new());
    one.says("a", 100);
    one.state.entries[1].state = EntryState::Whole;
    settle(&mut one, &mut other, 110);
    let ids = [one.state.entries[1].id, other.state.entries[1].id];
    let rate = |answer| Event::Rate { answer, rating: Rating::Up };
    let _told = one.step(rate(ids[0]), 120);
    assert_eq!(other.step(Event::Elsewhere(one.save()), 121), [Effect::Changed(ids[1])]);
    assert_eq!((other.state.entries[1].rating, other.save()), (Some(Rating::Up), one.save()));
    let _told = other.step(rate(ids[1]), 130);
    assert_eq!(one.step(Event::Elsewhere(other.save()), 131), [Effect::Changed(ids[0])]);
    assert_eq!(one.state.entries[1].rating, None);
}

#[test]
fn what_another_version_stores_is_left_as_it_is() {
    let mut one = Tab::new();
    one.says("a", 100);
    let theirs = written(VERSION + 1, &kept(Vec::new()));
    assert_eq!(one.step(Event::Elsewhere(theirs), 110), []);
    // Nonsense of this version's is overwritten.
    let nonsense = String::from(char::from(VERSION));
    assert_eq!(one.step(Event::Elsewhere(nonsense), 120), [Effect::Keep]);
    assert_eq!(one.texts(), ["a"]);
}

#[test]
fn k02_a_conversation_that_is_begun_anew_is_not_put_back() {
    let (mut one, mut other) = (Tab::new(), Tab::new());
    one.says("a", 100);
    settle(&mut one, &mut other, 110);
    let _reset = one.step(Event::Reset, 200);
    assert_eq!(one.save(), "");
    let old = other.save();
    let _told = other.step(Event::Elsewhere(String::new()), 201);
    assert_eq!(other.texts(), [""; 0]);
    // A third tab, which was asleep, stores what it had.
    let keep = one.step(Event::Elsewhere(old), 202);
    assert!(keep.contains(&Effect::Keep), "the older one is overwritten");
    assert_eq!(one.texts(), [""; 0]);
    one.says("b", 300);
    settle(&mut one, &mut other, 310);
    assert_eq!((one.texts(), other.texts()), (vec!["b"], vec!["b"]));
}

proptest! {
    #[test]
    fn k02_two_tabs_agree_whatever_they_say(turns in proptest::collection::vec((any::<bool>(), 0..6u8), 0..20)) {
        let (mut one, mut other) = (Tab::new(), Tab::new());
        for (at, (first, what)) in turns.into_iter().enumerate() {
            let date = 1_000 + at as u64 * 10;
            let (tab, peer) = if first { (&mut one, &mut other) } else { (&mut other, &mut one) };
            match what {
                0 => {
                    settle(tab, peer, date);
                    let _reset = tab.step(Event::Reset, date + 1);
                    let _told = peer.step(Event::Elsewhere(tab.save()), date + 2);
                }
                1 => settle(tab, peer, date),
                _ => tab.says(&format!("{at}"), date),
            }
        }
        settle(&mut one, &mut other, 10_000);
        prop_assert_eq!(essence(&one.state), essence(&other.state));
    }
}
