// Building blocks of the page. All that comes from the service becomes text, never markup.

export const by_id = (id) => document.getElementById(id);

/** An element with attributes and children; strings become text, null is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Sets a text when it differs, so that a page that stands still costs nothing. */
export function set_text(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

/** Asks before something is done. Resolves to whether it was agreed to; Escape and Cancel don't. */
export function confirmed(title, text, action) {
  const dialog = by_id('question');
  set_text(by_id('question-title'), title);
  set_text(by_id('question-text'), text);
  set_text(by_id('question-yes'), action);
  return new Promise((resolve) => {
    const end = (event) => {
      if (event.type !== 'close') return dialog.close(event.currentTarget.id);
      for (const id of ['question-yes', 'question-no']) by_id(id).removeEventListener('click', end);
      dialog.removeEventListener('close', end);
      resolve(dialog.returnValue === 'question-yes');
    };
    for (const id of ['question-yes', 'question-no']) by_id(id).addEventListener('click', end);
    dialog.addEventListener('close', end);
    dialog.returnValue = '';
    dialog.showModal();
    by_id('question-no').focus();
  });
}
