// The element in React 19, in strict mode, with listeners as props.

import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

const heard = (name) => (event) => globalThis.calls.push([name, event?.detail ?? event]);

function Page() {
  const { now, later } = globalThis.given;
  const [options, setOptions] = useState(now);
  const [shown, show] = useState(true);
  useEffect(() => {
    setOptions({ ...now, ...later });
    globalThis.show = show;
  }, []);
  return shown && <inferkit-widget {...options} onReady={heard('ready')} onError={heard('error')}
    onMessage={heard('message')} onClose={heard('close')} onOpen={heard('open')} />;
}

globalThis.calls = [];
createRoot(document.querySelector('#app')).render(<StrictMode><Page /></StrictMode>);
