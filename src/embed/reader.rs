//! What a site gave, by name, and its reading as one type or another. What does not fit is refused by its name.

use super::choices::Choice;

/// A value that a site gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// A text, and the number that it spells, if it spells one.
    Text(String, Option<f64>),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// An object, whose members follow by their own names.
    Object,
    /// The texts of an array of texts.
    List(Vec<String>),
    /// Anything else.
    Other,
}

/// What is given, and what was found wrong.
pub(super) struct Reader {
    pub given: Vec<(String, Given)>,
    pub refused: Vec<String>,
}

impl Reader {
    /// A value that is there. An empty attribute is as good as none.
    pub fn value(&self, name: &str) -> Option<Given> {
        #[cfg(debug_assertions)]
        assert!(super::table::is_known(name), "{name} has no row in the table");
        let (_, value) = self.given.iter().find(|(given, _)| given == name)?;
        (!matches!(value, Given::Text(text, _) if text.is_empty())).then(|| value.clone())
    }

    pub fn refuse(&mut self, name: &str, wanted: &str) {
        self.refused.push([name, ": ", wanted].concat());
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        let value = self.value(name)?;
        if let Given::Text(text, _) = value {
            return Some(text);
        }
        self.refuse(name, "must be a text");
        None
    }

    /// Texts; in an attribute one on each line.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let mut list = Vec::new();
        match self.value(name) {
            None => {}
            Some(Given::List(texts)) => list = texts,
            Some(Given::Text(text, _)) => {
                for line in text.split('\n') {
                    list.push(line.trim().to_owned());
                }
            }
            Some(_) => self.refuse(name, "must be a list of texts"),
        }
        list.retain(|text| !text.is_empty());
        list
    }

    /// One of a few names, as the variant that it means.
    pub fn choice<T: Choice>(&mut self, name: &str) -> Option<T> {
        self.position(name, T::NAMES).and_then(|index| T::ALL.get(index)).copied()
    }

    /// Which of the names it is.
    fn position(&mut self, name: &str, choices: &[&str]) -> Option<usize> {
        let value = self.value(name)?;
        let index = match &value {
            Given::Text(text, _) => choices.iter().position(|choice| choice == text),
            _ => None,
        };
        if index.is_none() {
            self.refuse(name, &["must be one of: ", &choices.join(", ")].concat());
        }
        index
    }

    pub fn number(&mut self, name: &str, least: u32, most: u32) -> Option<f64> {
        let number = match self.value(name)? {
            Given::Text(_, number) => number,
            Given::Number(number) => Some(number),
            Given::Flag(_) | Given::Object | Given::List(_) | Given::Other => None,
        };
        let number = number.filter(|number| (f64::from(least)..=f64::from(most)).contains(number));
        if number.is_none() {
            self.refuse(name, &format!("must be a number from {least} to {most}"));
        }
        number
    }

    /// Whether it is given as true, in a word or by itself.
    pub fn flag(&self, name: &str) -> bool {
        match self.value(name) {
            Some(Given::Flag(flag)) => flag,
            Some(Given::Text(text, _)) => text == "true",
            _ => false,
        }
    }

    /// A whole number from 1.
    pub fn whole(&mut self, name: &str, most: u32) -> Option<u32> {
        let number = self.number(name, 1, most)?;
        let whole = number as u32;
        if f64::from(whole) == number {
            return Some(whole);
        }
        self.refuse(name, "must be a whole number");
        None
    }
}
