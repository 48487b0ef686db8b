// Whoever comes for the first time, perhaps by a slow connection, reads what this is while the app is fetched, in the first
// language of theirs that it is written in. Later on the app comes from the device, and faster than words can be read.
// Runs before anything is drawn, so that nothing is drawn twice.
if (!navigator.serviceWorker?.controller) {
  const ours = new Map(Array.from(document.querySelectorAll("#introduction > p"), (words) => [words.lang, words]));
  const spoken = navigator.languages.map((tag) => tag.split("-")[0]).find((language) => ours.has(language));
  ours.get(spoken ?? "en").classList.add("shown");
}
