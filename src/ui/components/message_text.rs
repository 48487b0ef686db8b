//! A message's words on screen. Addresses are links that nobody fetches; no text becomes HTML.

use leptos::prelude::*;

use super::markup::{Block, Stretch, Style, blocks};
use crate::ui::dom;

/// The words. Line breaks stay; the direction is the text's own. `names` can be called; to be called by `own` stands out.
#[component]
pub(super) fn MessageText(
    text: String,
    #[prop(optional)] names: Vec<String>,
    #[prop(optional)] own: String,
) -> impl IntoView {
    let called = format!("@{own}");
    let draw = Draw {
        invites: format!("{}#/join/", dom::page_address()),
        called: (!own.is_empty()).then_some(called),
    };
    let all = blocks(&text, &names);
    let all: Vec<_> = all.iter().map(|block| draw.block(block)).collect();
    view! { <div class="message-text">{all}</div> }
}

struct Draw {
    /// What the app's own invite links begin with.
    invites: String,
    /// What calls the person.
    called: Option<String>,
}

impl Draw {
    fn block(&self, block: &Block<'_>) -> AnyView {
        match block {
            Block::Lines(stretches) => view! { <p dir="auto">{self.all(stretches)}</p> }.into_any(),
            Block::Quote(stretches) => {
                view! { <blockquote dir="auto">{self.all(stretches)}</blockquote> }.into_any()
            }
            Block::List { from, entries } => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|entry| view! { <li>{self.all(entry)}</li> }.into_any())
                    .collect();
                // The marks stand where the list begins: one direction for all of it.
                match from {
                    Some(from) => {
                        view! { <ol dir="auto" start=from.to_string()>{entries}</ol> }.into_any()
                    }
                    None => view! { <ul dir="auto">{entries}</ul> }.into_any(),
                }
            }
            Block::Code(code) => {
                view! { <pre dir="ltr"><code>{(*code).to_owned()}</code></pre> }.into_any()
            }
        }
    }

    fn all(&self, stretches: &[Stretch<'_>]) -> Vec<AnyView> {
        stretches
            .iter()
            .map(|stretch| self.stretch(stretch))
            .collect()
    }

    fn stretch(&self, stretch: &Stretch<'_>) -> AnyView {
        match stretch {
            Stretch::Words(words) => (*words).to_owned().into_any(),
            Stretch::Code(code) => view! { <code dir="ltr">{(*code).to_owned()}</code> }.into_any(),
            Stretch::Mention(name) => {
                let name = (*name).to_owned();
                // Oneself is called: that stands out for everybody, not only for eyes.
                if self.called.as_ref() == Some(&name) {
                    view! { <mark class="mention own">{name}</mark> }.into_any()
                } else {
                    view! { <span class="mention">{name}</span> }.into_any()
                }
            }
            Stretch::Styled(style, words) => {
                let words = self.all(words);
                match style {
                    Style::Bold => view! { <strong>{words}</strong> }.into_any(),
                    Style::Italic => view! { <em>{words}</em> }.into_any(),
                    Style::Struck => view! { <s>{words}</s> }.into_any(),
                }
            }
            Stretch::Address(address) => {
                // One of our own invites opens here: another tab could not run the client.
                let here = address.starts_with(&self.invites);
                view! {
                    <a
                        href=(*address).to_owned()
                        rel="noopener noreferrer"
                        target=(!here).then_some("_blank")
                        dir="ltr"
                    >
                        {(*address).to_owned()}
                    </a>
                }
                .into_any()
            }
        }
    }
}
