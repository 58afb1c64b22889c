//! The controller's ports, as the fakes have them.

use super::fake::{Fake, How, Source, Word};
use crate::{
    chat::{Effect, State, Told as ForSite},
    embed::{Look, Theme},
    error::Failure,
    gate::challenge,
    knowledge::{self, Ground, LookUp, LookedUp, Verdict},
    locale::Words,
    page::{
        ports::{Builtin, Clock, Engine, Lookup, Modules, Screen, Site},
        silence::Wait,
    },
    remote::Ask,
    wire::{BackendKind, Finish, FromEngine, PROTOCOL, ToEngine},
};
use std::rc::Rc;

impl Clock for Rc<Fake> {
    fn now(&self) -> u64 {
        self.now.get()
    }

    fn date(&self) -> u64 {
        1_700_000_000_000 + self.now.get()
    }

    fn wake(&self, ms: Option<u32>) {
        self.wake.set(ms.map(|ms| self.now.get() + u64::from(ms)));
    }

    fn let_in(&self) {
        self.let_in.set(true);
    }

    fn random(&self) -> [u8; 16] {
        self.chance
            .set(self.chance.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
        let half = self.chance.get().to_be_bytes();
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&half);
        bytes[8..].copy_from_slice(&half);
        bytes
    }
}

impl Engine for Rc<Fake> {
    fn start_engine(&self) -> Result<(), String> {
        self.act();
        self.engines.set(self.engines.get() + 1);
        self.runs.set(true);
        self.stands.set(true);
        self.jobs.borrow_mut().clear();
        self.engine_says(Some(Wait::EngineStart), 200, FromEngine::Ready { protocol: PROTOCOL });
        Ok(())
    }

    fn post(&self, message: &ToEngine) {
        if let Some((Wait::FrameStands, how, left @ 1..)) = self.fault.get() {
            // Removed while it works: at once, or in mid-answer, or before its first word.
            let fits = match how {
                How::Late | How::AfterStop => matches!(message, ToEngine::Generate { .. }),
                How::OutOfOrder => matches!(message, ToEngine::Load { .. }),
                _ => true,
            };
            if fits {
                self.fault.set(Some((Wait::FrameStands, how, left - 1)));
                self.faulted.set(Some(self.now.get()));
                self.remove_frame();
            }
        }
        match message {
            ToEngine::Load { .. } => {
                self.engine_says(Some(Wait::EngineLoads), 300, FromEngine::Progress { done: 50, total: Some(100) });
                self.engine_says(None, 310, FromEngine::Alive);
                self.engine_says(
                    None,
                    400,
                    FromEngine::Loaded {
                        backend: BackendKind::Cpu,
                        adapter: "simd".into(),
                        model: "m".into(),
                        context: 2_048,
                    },
                );
            }
            ToEngine::Generate { id, .. } => {
                let id = *id;
                self.generate.set(id);
                self.engine_says(None, 10, FromEngine::Alive);
                self.engine_says(Some(Wait::EngineAnswers), 300, FromEngine::Token { id, text: "word ".into() });
                let finish = Finish::Stop;
                let done = FromEngine::Done { id, finish, prompt_tokens: 1, reused_tokens: 0, completion_tokens: 1 };
                // Long enough for a Stop in between.
                self.engine_says(None, 3_000, done);
            }
            ToEngine::Stop => {
                let engine = Source::Engine(self.engines.get());
                let ended = self.jobs.borrow_mut().drain(..).next_back();
                self.queue
                    .borrow_mut()
                    .retain(|one| one.from != engine || matches!(one.word, Word::Engine(FromEngine::Ready { .. })));
                let answer = match ended {
                    Some(ToEngine::Generate { id, .. }) => FromEngine::Done {
                        id,
                        finish: Finish::Stopped,
                        prompt_tokens: 0,
                        reused_tokens: 0,
                        completion_tokens: 0,
                    },
                    other => FromEngine::Stopped { load: other.is_some() },
                };
                return self.engine_says(Some(Wait::EngineStops), 20, answer);
            }
        }
        self.jobs.borrow_mut().push(message.clone());
    }

    fn engine_stands(&self) -> bool {
        self.stands.get()
    }

    fn end_engine(&self) {
        if self.runs.replace(false) {
            self.act();
        }
    }
}

impl Modules for Rc<Fake> {
    fn import(&self, attempt: u32) {
        self.act();
        self.imports.set(attempt);
        self.schedule(Some(Wait::Import), 100, Source::Import(attempt), Word::Imported(true));
    }

    fn ask(&self, ask: &Ask) {
        match ask {
            Ask::Send { id, outgoing } => self.send(*id, outgoing.clone()),
            Ask::Prompt { id, language, .. } => self.prompt(*id, language),
            Ask::Abort(id) => self.attempts.borrow_mut().retain(|(other, _)| other != id),
            Ask::Solve { .. } => self.challenge.borrow_mut().tell(challenge::Input::Ask, self.now.get()),
            Ask::Cancel => self.challenge.borrow_mut().tell(challenge::Input::Abort, self.now.get()),
            Ask::End => {
                self.attempts.borrow_mut().clear();
                self.challenge.borrow_mut().tell(challenge::Input::Abort, self.now.get());
            }
        }
    }
}

impl Lookup for Rc<Fake> {
    fn look_up(&self, question: &LookUp) {
        self.act();
        let sources = vec![knowledge::Source::new(["A", "", "word", "https://site.example/", "https://site.example/"])];
        let passages = vec!["[1] A\nword".into()];
        let ground = Ground { verdict: Verdict::Enough, sources, rules: String::new(), passages };
        let told = LookedUp { id: question.id, found: Ok(ground) };
        self.schedule(Some(Wait::LookUp), 50, Source::LookUp(question.id), Word::LookedUp(told));
    }

    fn end_look_up(&self) {
        self.act();
    }

    fn check(&self, piece: &str, _first: bool, _last: bool) -> String {
        piece.into()
    }
}

impl Builtin for Rc<Fake> {
    fn probe(&self, _language: &str) {
        self.probes.set(self.probes.get() + 1);
        self.schedule(Some(Wait::Probe), self.probe_after.get(), Source::Browser, Word::Probed(self.has_model.get()));
    }
}

impl Site for Rc<Fake> {
    fn tell(&self, told: &ForSite) {
        self.told.borrow_mut().push(format!("{told:?}"));
    }

    fn report(&self, failure: &Failure) {
        self.act();
        self.told.borrow_mut().push(format!("error {}", failure.code));
        self.failures.borrow_mut().push(failure.clone());
    }

    fn wear(&self, _theme: &Theme) {}

    fn warn(&self, warning: &str) {
        self.notes.borrow_mut().push(warning.into());
    }

    fn keep(&self, saved: &str) {
        self.kept.borrow_mut().push(saved.into());
    }

    fn keep_agreed(&self, models: &[String]) {
        *self.agreed.borrow_mut() = models.to_vec();
    }

    fn languages(&self) -> Vec<String> {
        vec!["en".into()]
    }
}

impl Screen for Rc<Fake> {
    fn draw(&self, state: &State, effect: &Effect) {
        if matches!(effect, Effect::Draft) {
            self.draft.borrow_mut().clone_from(&state.draft);
        }
    }

    fn set_draft(&self, draft: &str) {
        draft.clone_into(&mut self.draft.borrow_mut());
    }

    fn dress(&self, _words: Words, _look: Look) {}
}
