//! The call as the interface shows it.

use super::{Person, Running};
use crate::call::RINGING;
use crate::client::batch::Step;
use crate::client::group::Group;
use crate::ids::MemberId;
use crate::io::{CallMember, CallView, Event};

impl Group {
    /// Tells the interface of the call when it looks different.
    pub(in crate::client::group) fn tell_call(&mut self, step: &mut Step<'_>) {
        let view = self.call.running.as_ref().and_then(|it| self.call_view(it));
        if view != self.call.shown {
            self.call.shown.clone_from(&view);
            step.event(Event::Call {
                group: self.id,
                call: view.map(Box::new),
            });
        }
    }

    fn call_view(&self, running: &Running) -> Option<CallView> {
        let others = running.people.iter();
        let own = running.mine.as_ref().map(|mine| CallMember {
            member: self.me,
            voice: mine.voice,
            hears: self.hears(self.seen_at),
            link: None,
        });
        let people: Vec<_> = own
            .into_iter()
            .chain(
                others
                    .filter(|(_, person)| person.gone.is_none())
                    .map(|(member, person)| view_of(*member, person)),
            )
            .collect();
        if people.is_empty() {
            return None;
        }
        let joined = running.mine.is_some();
        let topic = running.topic()?;
        let is_ignored = self.call.ignored == Some(topic.id);
        Some(CallView {
            id: topic.id,
            started_by: topic.started_by,
            started: topic.started,
            ringing: !joined && !is_ignored && self.seen_at.since(topic.began) < RINGING,
            joined,
            people,
        })
    }
}

fn view_of(member: MemberId, person: &Person) -> CallMember {
    let line = person.line.as_ref();
    CallMember {
        member,
        voice: person.voice,
        hears: person.hears.clone(),
        link: line.map(|line| line.meter.view(line.pair.view())),
    }
}
