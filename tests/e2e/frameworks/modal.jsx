// Radix' dialog: a modal with a focus trap, which stays when the visitor goes to the chat.

import * as Dialog from '@radix-ui/react-dialog';
import { createRoot } from 'react-dom/client';

const stay = (event) => event.preventDefault();

createRoot(document.querySelector('#app')).render(
  <Dialog.Root defaultOpen>
    <Dialog.Portal>
      <Dialog.Content id="modal" aria-describedby={undefined} onInteractOutside={stay} onEscapeKeyDown={stay}>
        <Dialog.Title>Our newsletter</Dialog.Title>
        <input aria-label="Your address" />
        <button>Subscribe</button>
      </Dialog.Content>
    </Dialog.Portal>
  </Dialog.Root>);
