// The survey's pages with scripts: what is typed stays in this tab until it is recorded.
const memory = `centrala:survey:${location.pathname.split('/')[2] ?? ''}`;

function recall(): string {
  try {
    return sessionStorage.getItem(memory) ?? '';
  } catch {
    return ''; // nothing may be kept here
  }
}
function keep(text: string): void {
  try {
    if (text) sessionStorage.setItem(memory, text);
    else sessionStorage.removeItem(memory);
  } catch {
    return; // nothing may be kept here
  }
}

if (document.querySelector('[data-recorded]')) keep('');
const comment = document.querySelector<HTMLTextAreaElement>('form[data-draft] textarea');
if (comment) {
  if (comment.value === '') comment.value = recall();
  comment.addEventListener('input', () => keep(comment.value));
}
