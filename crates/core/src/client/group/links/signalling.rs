//! How signals reach somebody: over its own link, a relay, or others' links.

use super::super::Group;
use super::Way;
use crate::client::batch::Step;
use crate::client::uplink::Outgoing;
use crate::ids::MemberId;
use crate::pairwise::PairwiseKind;

/// How long a relay may hold a signal, in seconds.
const SIGNAL_EXPIRY_SECONDS: u32 = 60;
/// Over so many others at once a signal travels that no relay takes.
const MAX_DETOURS: usize = 2;

impl Group {
    /// Seals a signal and sends it. `is_last`: the link over which it goes may end with it.
    pub(in crate::client::group) fn send_signalling(
        &mut self,
        to: MemberId,
        kind: PairwiseKind,
        body: &[u8],
        is_last: bool,
        step: &mut Step<'_>,
    ) {
        let Some(frame) = self.seal(to, kind, body) else {
            return;
        };
        let way = self.way_to(to, step.now);
        if let Some(way) = way {
            self.send_over_link(to, way, 0, &frame, step);
        }
        // A link that is about to end may take its last message with it.
        if way.is_some() && !is_last {
            return;
        }
        let is_up = self.uplink.is_up();
        if let Some(mailbox) = self.mailbox_of(to).filter(|_| is_up) {
            let outgoing = Outgoing {
                mailbox,
                bytes: &frame,
                // One that reconnects a moment later shall still get it.
                queued: true,
                expiry_seconds: SIGNAL_EXPIRY_SECONDS,
            };
            self.uplink.send(outgoing, None, step);
        }
        if is_up && self.present.contains_key(&to) {
            return;
        }
        let linked = self.linked().into_iter();
        let detours: Vec<_> = linked
            .filter(|member| *member != to && self.is_reachable(*member, step.now))
            .take(MAX_DETOURS)
            .collect();
        for over in &detours {
            self.send_detour(*over, to, &frame, step);
        }
        let ways = [Way::Call, Way::Direct].into_iter();
        let open = ways.filter(|way| {
            let line = self.line_over(to, *way);
            line.is_some_and(|it| it.pair.is_open())
        });
        if let (false, true, None, Some(open)) = (is_up, detours.is_empty(), way, open.last()) {
            // Its link may be dead, but there is nothing else.
            self.send_over_link(to, open, 0, &frame, step);
        }
    }
}
