//! The order of things: commit before transmit, whatever the storage does.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use discordopus_core::ids::{GroupId, LinkId, Mailbox, MessageId, TransmitId};
use discordopus_core::io::Command;
use discordopus_core::store::{
    Changes, ChunkQuery, MemoryStore, MessageQuery, Record, RecordKey, Snapshot, StoreName,
};
use futures::channel::oneshot;

use super::*;

/// What was done, in order.
#[derive(Debug, Clone, PartialEq)]
enum Done {
    Stored(usize),
    Sent(u64),
    Acknowledged,
    Commanded,
    Told,
    Handled(&'static str),
}

#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<Done>>>);

impl Log {
    fn add(&self, done: Done) {
        self.0.borrow_mut().push(done);
    }

    fn take(&self) -> Vec<Done> {
        self.0.take()
    }
}

/// Answers every input with the next outputs of a list.
struct Script {
    log: Log,
    answers: VecDeque<Vec<Output>>,
    outputs: VecDeque<Output>,
    timeout: Option<Timestamp>,
}

impl Machine for Script {
    fn handle(&mut self, _: Timestamp, input: Input, _: &mut dyn CryptoRng) {
        self.log.add(Done::Handled(match input {
            Input::Timeout => "timeout",
            Input::Wake => "wake",
            Input::Shutdown => "shutdown",
            Input::StorageFailed(StoreError::Full) => "storage full",
            _ => "other",
        }));
        self.timeout = None;
        self.outputs
            .extend(self.answers.pop_front().unwrap_or_default());
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        self.timeout
    }
}

/// How a write ends, once the test says so.
type Gate = oneshot::Receiver<Result<(), StoreError>>;

/// Lets each write wait until the test says how it ends.
#[derive(Clone)]
struct Gated {
    log: Log,
    gates: Rc<RefCell<VecDeque<Gate>>>,
}

impl Store for Gated {
    async fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
        let gate = self.gates.borrow_mut().pop_front();
        if let Some(gate) = gate {
            gate.await.unwrap()?;
        }
        self.log.add(Done::Stored(changes.list.len()));
        Ok(())
    }

    async fn load(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::default())
    }

    async fn message(&self, _: GroupId, _: MessageId) -> Result<Option<Record>, StoreError> {
        Ok(None)
    }

    async fn file(&self, _: ChunkQuery) -> Result<Vec<Record>, StoreError> {
        Ok(Vec::new())
    }

    async fn messages(&self, _: MessageQuery) -> Result<Vec<Record>, StoreError> {
        Ok(Vec::new())
    }
}

#[derive(Clone)]
struct Wire(Log);

impl RelayAdapter for Wire {
    fn command(&self, _: RelayCommand) {
        self.0.add(Done::Commanded);
    }

    fn send(&self, transmit: Transmit) {
        self.0.add(Done::Sent(transmit.id.0));
    }

    fn acknowledge(&self, _: ConnectionId, _: ReceiptId) {
        self.0.add(Done::Acknowledged);
    }
}

#[derive(Clone, Default)]
struct Hands(Rc<Cell<u64>>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.get())
    }

    async fn sleep_until(&self, time: Timestamp) {
        future::poll_fn(|_| {
            if self.now() >= time {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

struct Bench {
    log: Log,
    hands: Hands,
    gates: Vec<oneshot::Sender<Result<(), StoreError>>>,
    inputs: mpsc::UnboundedSender<Input>,
    driver: Pin<Box<dyn Future<Output = ()>>>,
}

impl Bench {
    /// A driver that answers inputs with these outputs, over a store whose first `gates` writes wait.
    fn new(gates: usize, answers: Vec<Vec<Output>>) -> Self {
        Self::with_timeout(gates, answers, None)
    }

    fn with_timeout(gates: usize, answers: Vec<Vec<Output>>, timeout: Option<Timestamp>) -> Self {
        let (log, hands) = (Log::default(), Hands::default());
        let (gates, waits): (Vec<_>, VecDeque<_>) = (0..gates).map(|_| oneshot::channel()).unzip();
        let told = log.clone();
        let driver = Driver {
            machine: Script {
                log: log.clone(),
                answers: answers.into(),
                outputs: VecDeque::new(),
                timeout,
            },
            store: Rc::new(Gated {
                log: log.clone(),
                gates: Rc::new(RefCell::new(waits)),
            }),
            relays: Wire(log.clone()),
            clock: hands.clone(),
            rng: crate::browser::entropy::entropy(),
            outside: move |_| told.add(Done::Told),
        };
        let (inputs, received) = mpsc::unbounded();
        Self {
            log,
            hands,
            gates,
            inputs,
            driver: Box::pin(driver.run(received)),
        }
    }

    /// Runs as far as it goes; says whether the driver has ended.
    fn settle(&mut self) -> bool {
        self.driver
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    }

    fn after(&mut self, input: Input) -> Vec<Done> {
        self.inputs.unbounded_send(input).unwrap();
        self.settle();
        self.log.take()
    }

    fn open_gate(&mut self, outcome: Result<(), StoreError>) -> Vec<Done> {
        self.gates.remove(0).send(outcome).unwrap();
        self.settle();
        self.log.take()
    }
}

fn persist(writes: usize) -> Output {
    let mut changes = Changes::default();
    for number in 0..writes {
        changes.put(
            StoreName::Secrets,
            RecordKey::named(None, [number as u8]),
            vec![1],
        );
    }
    Output::Persist(changes)
}

fn send(id: u64) -> Output {
    Output::Send(Transmit {
        connection: ConnectionId(1),
        id: TransmitId(id),
        mailbox: Mailbox([1; 16]),
        bytes: vec![0; 512],
        queued: true,
        expiry_seconds: 60,
    })
}

fn acknowledge() -> Output {
    Output::Acknowledge {
        connection: ConnectionId(1),
        receipt: ReceiptId(1),
    }
}

fn event() -> Output {
    Output::Event(Event::Ready)
}

fn close() -> Output {
    Output::Relay(RelayCommand::Close {
        connection: ConnectionId(1),
        forget: false,
    })
}

#[test]
fn nothing_leaves_before_the_batch_it_depends_on_is_stored() {
    let mut bench = Bench::new(
        1,
        vec![vec![
            event(),
            persist(2),
            send(1),
            acknowledge(),
            event(),
            close(),
        ]],
    );
    assert_eq!(bench.after(Input::Wake), [Done::Handled("wake")]);
    assert!(!bench.settle());
    assert_eq!(bench.log.take(), [], "it waits as long as the storage does");
    assert_eq!(
        bench.open_gate(Ok(())),
        [
            Done::Stored(2),
            Done::Told,
            Done::Sent(1),
            Done::Acknowledged,
            Done::Told,
            Done::Commanded
        ]
    );
}

fn restart(number: u32) -> Output {
    let link = LinkId(number);
    Output::Link(LinkCommand::RestartIce { link })
}

fn last_words(number: u32) -> Output {
    let link = LinkId(number);
    Output::Link(LinkCommand::Close { link })
}

#[test]
fn what_uses_no_key_does_not_wait_and_is_done_once_whatever_the_storage_does() {
    for outcome in [Ok(()), Err(StoreError::Full)] {
        let outputs = vec![
            persist(1),
            send(1),
            restart(1),
            last_words(1),
            Output::FetchIce,
        ];
        let mut bench = Bench::new(1, vec![outputs]);
        assert_eq!(
            bench.after(Input::Wake),
            [Done::Handled("wake"), Done::Told, Done::Told]
        );
        let then = match outcome {
            Ok(()) => vec![Done::Stored(1), Done::Sent(1), Done::Told],
            Err(_) => vec![Done::Handled("storage full")],
        };
        assert_eq!(bench.open_gate(outcome), then);
    }
}

#[test]
fn a_failed_write_sends_nothing_and_the_client_hears_why() {
    let mut bench = Bench::new(
        1,
        vec![
            vec![persist(1), send(1), acknowledge(), event()],
            vec![event()],
        ],
    );
    assert_eq!(bench.after(Input::Wake), [Done::Handled("wake")]);
    assert_eq!(
        bench.open_gate(Err(StoreError::Full)),
        [Done::Handled("storage full"), Done::Told]
    );
    assert!(!bench.settle());
    assert_eq!(bench.log.take(), []);
}

#[test]
fn all_batches_of_a_drain_are_one_transaction_before_anything_else() {
    let mut bench = Bench::new(1, vec![vec![persist(1), send(1), persist(2), send(2)]]);
    assert_eq!(bench.after(Input::Wake), [Done::Handled("wake")]);
    assert_eq!(
        bench.open_gate(Ok(())),
        [Done::Stored(3), Done::Sent(1), Done::Sent(2)]
    );
}

#[test]
fn inputs_that_piled_up_during_a_write_share_the_next_one_and_fail_together() {
    let answer = |id| vec![persist(1), send(id)];
    let mut bench = Bench::new(2, vec![answer(1), answer(2), answer(3), vec![event()]]);
    assert_eq!(bench.after(Input::Wake), [Done::Handled("wake")]);
    assert_eq!(bench.after(Input::Wake), []);
    assert_eq!(bench.after(Input::Wake), []);
    assert_eq!(
        bench.open_gate(Ok(())),
        [
            Done::Stored(1),
            Done::Sent(1),
            Done::Handled("wake"),
            Done::Handled("wake")
        ]
    );
    assert_eq!(
        bench.open_gate(Err(StoreError::Full)),
        [Done::Handled("storage full"), Done::Told]
    );
}

#[test]
fn an_input_that_comes_during_a_write_waits_for_its_end() {
    let mut bench = Bench::new(1, vec![vec![persist(1), send(1)], vec![send(2)]]);
    assert_eq!(bench.after(Input::Wake), [Done::Handled("wake")]);
    assert_eq!(bench.after(Input::Wake), []);
    assert_eq!(
        bench.open_gate(Ok(())),
        [
            Done::Stored(1),
            Done::Sent(1),
            Done::Handled("wake"),
            Done::Sent(2)
        ]
    );
}

#[test]
fn the_client_is_woken_when_its_time_has_come() {
    let mut bench = Bench::with_timeout(0, vec![vec![send(1)]], Some(Timestamp(100)));
    assert!(!bench.settle());
    bench.hands.0.set(99);
    assert!(!bench.settle());
    assert_eq!(bench.log.take(), []);
    bench.hands.0.set(100);
    assert!(!bench.settle());
    assert_eq!(bench.log.take(), [Done::Handled("timeout"), Done::Sent(1)]);
}

#[test]
fn a_shutdown_is_carried_out_to_its_end_and_is_the_last_thing() {
    let mut bench = Bench::new(1, vec![vec![persist(1), close()]]);
    bench.inputs.unbounded_send(Input::Shutdown).unwrap();
    bench.inputs.unbounded_send(Input::Wake).unwrap();
    assert!(!bench.settle());
    bench.gates.remove(0).send(Ok(())).unwrap();
    assert!(bench.settle());
    assert_eq!(
        bench.log.take(),
        [Done::Handled("shutdown"), Done::Stored(1), Done::Commanded]
    );
}

/// A real client over a real (if fleeting) store, with storage that refuses from the start.
struct Refusing;

impl Store for Refusing {
    async fn apply(&self, _: &Changes) -> Result<(), StoreError> {
        Err(StoreError::Full)
    }

    async fn load(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::default())
    }

    async fn message(&self, _: GroupId, _: MessageId) -> Result<Option<Record>, StoreError> {
        Ok(None)
    }

    async fn file(&self, _: ChunkQuery) -> Result<Vec<Record>, StoreError> {
        Ok(Vec::new())
    }

    async fn messages(&self, _: MessageQuery) -> Result<Vec<Record>, StoreError> {
        Ok(Vec::new())
    }
}

fn client_makes_a_group(store: impl Store + 'static) -> (Vec<Done>, Vec<Event>) {
    let log = Log::default();
    let events = Rc::new(RefCell::new(Vec::new()));
    let mut rng = crate::browser::entropy::entropy();
    let config = discordopus_core::io::Config {
        relays: vec!["wss://relay.example/mqtt".into()],
        origin: "https://chat.example/".into(),
    };
    let hands = Hands(Rc::new(Cell::new(1_800_000_000_000)));
    let client = Client::restore(Snapshot::default(), config, hands.now(), &mut rng).unwrap();
    let told = Rc::clone(&events);
    let driver = Driver {
        machine: client,
        store: Rc::new(store),
        relays: Wire(log.clone()),
        clock: hands,
        rng,
        outside: move |output| {
            if let Outside::Event(event) = output {
                told.borrow_mut().push(event);
            }
        },
    };
    let (inputs, received) = mpsc::unbounded();
    inputs
        .unbounded_send(Input::Command(Command::CreateGroup {
            group_name: "Friends".into(),
            your_name: "Ada".into(),
        }))
        .unwrap();
    let running = pin!(driver.run(received));
    let ended = running.poll(&mut Context::from_waker(Waker::noop()));
    assert!(ended.is_pending());
    (log.take(), events.take())
}

fn created(events: &[Event]) -> Option<GroupId> {
    events.iter().find_map(|event| match event {
        Event::GroupCreated(group) => Some(*group),
        _ => None,
    })
}

#[test]
fn a_client_whose_storage_refuses_says_so_and_opens_no_connection() {
    let (done, events) = client_makes_a_group(Refusing);
    assert_eq!(done, []);
    assert!(events.contains(&Event::Storage(Some(StoreError::Full))));
    assert_eq!(created(&events), None);
    // The same with storage that works.
    let (done, events) = client_makes_a_group(MemoryStore::default());
    assert_eq!(done, [Done::Commanded]);
    assert!(created(&events).is_some());
}
