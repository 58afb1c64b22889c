// What a visitor needs whose eyes, hands, device or page are not the usual ones.

import { strict as assert } from 'node:assert';
import { findings } from '../axe.mjs';
import { both, test } from '../test.mjs';
import { until } from '../widget.mjs';

/** Everything that the panel's live region said, from now on: see `spoken`. */
const listen = (widget) => widget.host.evaluate((host) => {
  const region = host.shadowRoot.querySelector('.inside > [role="status"]');
  globalThis.spoken = [];
  new MutationObserver(() => region.textContent && globalThis.spoken.push(region.textContent))
    .observe(region, { childList: true, characterData: true, subtree: true });
});
const spoken = async (widget) => (await widget.document()).evaluate(() => globalThis.spoken);
const status = (widget) => widget.host.evaluate((host) =>
  host.shadowRoot.querySelector('.inside > [role="status"]').textContent);

/** Accents of every lightness and hue, and the two ends. */
const ACCENTS = ['#ffffff', '#ffe600', '#00e5ff', '#16a34a', '#f97316', '#888888', '#2563eb', '#a00040', '#000000'];

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** A page that is five screens high; a frame in it is not. */
const tall = (page) => page.addInitScript(() => addEventListener('DOMContentLoaded', () => {
  if (self === top) document.body.style.minBlockSize = '500vh';
}));

/** A finger's swipe upward, from here. */
async function swipe(widget, x, y) {
  const driver = await widget.page.context().newCDPSession(widget.page);
  const touch = (type, ...touchPoints) => driver.send('Input.dispatchTouchEvent', { type, touchPoints });
  await touch('touchStart', { x, y });
  for (let moved = 20; moved <= 300; moved += 20) await touch('touchMove', { x, y: y - moved });
  await touch('touchEnd');
  // A tap on a page that still rolls only stops it.
  await until('the page to rest', () => widget.page.evaluate(async () => {
    const before = scrollY;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return scrollY === before;
  }));
}

const scrolled = (widget) => widget.page.evaluate(() => scrollY);

/** A browser that knows neither `light-dark()` nor colours made of others. */
const oldColours = (page) => page.addInitScript(() => {
  const { replaceSync } = CSSStyleSheet.prototype;
  CSSStyleSheet.prototype.replaceSync = function (text) {
    return replaceSync.call(this, text.replaceAll('light-dark(', 'unknown-a(').replace(/\b(color|oklch)\(from\b/g, 'unknown-b('));
  };
});

/** The colours that are painted, as red, green, blue and alpha from 0 to 255. */
const painted = (element, ...properties) => element.evaluate((element, properties) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
  return properties.map((property) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = getComputedStyle(element)[property];
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  });
}, properties);

/** The contrast of two colours, as WCAG counts it. */
function contrast(...colours) {
  const [darker, lighter] = colours.map((colour) => {
    const [red, green, blue] = colour.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  }).sort((a, b) => a - b);
  return lighter / darker;
}

/** How long ten keys take, in milliseconds. */
async function tenKeys(widget) {
  const began = Date.now();
  await widget.page.keyboard.type('ten letter', { delay: 0 });
  return Date.now() - began;
}

export default [
  ...both('an answer is heard once, and the live region is silent afterwards', {}, async (t) => {
    const widget = await t.open();
    await widget.composer.waitFor();
    await listen(widget);
    const { text } = await widget.answered('Hello');
    await until('silence', async () => await status(widget) === '');
    const heard = await spoken(widget);
    assert.ok(heard.includes('Thinking…'), `it says what goes on: ${JSON.stringify(heard)}`);
    assert.equal(heard.filter((said) => said.trim() === text.trim()).length, 1, JSON.stringify(heard));
  }),

  ...both('the status of an answer that failed', {}, async (t) => {
    const widget = await t.open({ model: t.model('404') });
    await widget.composer.waitFor();
    await widget.ask('Hello');
    await widget.part('error').waitFor();
    assert.equal(await status(widget), '', 'nothing of what was going on before');
    assert.equal(await widget.part('error').getAttribute('role'), 'alert');
  }),

  test('text on every accent can be read, light and dark', { timeout: 120_000 }, async (t) => {
    const widget = await t.open({ context: { reducedMotion: 'reduce' } });
    await widget.answered('Hello');
    await widget.composer.fill('A draft');
    const worst = [];
    for (const colorScheme of ['light', 'dark']) {
      for (const accent of ACCENTS) {
        await widget.page.evaluate((theme) => globalThis.chat.setOptions({ theme }), { colorScheme, accent });
        await widget.page.waitForTimeout(300);
        for (const element of [widget.part('bubble').first(), widget.button('send')]) {
          const [ink, ground] = await painted(element, 'color', 'backgroundColor');
          worst.push([contrast(ink, ground), `${accent}, ${colorScheme}`]);
        }
        const ring = await widget.host.evaluate((host) => {
          const probe = host.shadowRoot.querySelector('.inside').appendChild(document.createElement('i'));
          probe.style.color = 'var(--ring)';
          const { color } = getComputedStyle(probe);
          probe.remove();
          return color;
        });
        const surface = await painted(widget.part('panel'), 'backgroundColor');
        const [line] = await widget.part('panel').evaluate((panel, ring) => {
          const canvas = document.createElement('canvas').getContext('2d');
          canvas.fillStyle = ring;
          canvas.fillRect(0, 0, 1, 1);
          return [[...canvas.getImageData(0, 0, 1, 1).data]];
        }, ring);
        assert.ok(contrast(line, surface[0]) >= 3, `the focus ring of ${accent}, ${colorScheme}: ${ring}`);
        assert.deepEqual(await findings(widget, ['color-contrast']), [], `${accent}, ${colorScheme}`);
      }
    }
    const [least, where] = worst.sort(([a], [b]) => a - b)[0];
    t.detail(`least contrast ${least.toFixed(2)} (${where})`);
    assert.ok(least >= 4.5, `${least} on ${where}`);
  }),

  test('small and faint text can be read on every ground, light and dark', {}, async (t) => {
    for (const colorScheme of ['light', 'dark']) {
      const widget = await t.open({ context: { colorScheme, reducedMotion: 'reduce' } });
      await widget.answered('Hello');
      const found = await widget.host.evaluate((host) => {
        const inside = host.shadowRoot.querySelector('.inside');
        const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
        const paint = (name) => {
          const probe = inside.appendChild(document.createElement('i'));
          probe.style.color = `var(${name})`;
          canvas.fillStyle = getComputedStyle(probe).color;
          probe.remove();
          canvas.fillRect(0, 0, 1, 1);
          return [...canvas.getImageData(0, 0, 1, 1).data];
        };
        return ['--muted', '--faint', '--danger'].flatMap((ink) =>
          ['--surface', '--soft', '--softer'].map((ground) => [ink, ground, paint(ink), paint(ground)]));
      });
      for (const [ink, ground, ...colours] of found) {
        assert.ok(contrast(...colours) >= 4.5, `${ink} on ${ground}, ${colorScheme}: ${contrast(...colours)}`);
      }
    }
  }),

  ...both('with the system\'s own colours, focus and buttons are seen', {}, async (t) => {
    const widget = await t.open({ model: t.model('404'), context: { forcedColors: 'active', reducedMotion: 'reduce' } });
    await widget.ask('Hello');
    await widget.button('again').waitFor();
    await t.screenshot(widget.page, `forced-colors${t.framed ? '-framed' : ''}`);
    const line = (part, name) => part.evaluate((element, name) => {
      const style = getComputedStyle(element);
      return [style[`${name}Style`], parseFloat(style[`${name}Width`])];
    }, name);
    await widget.composer.focus();
    assert.deepEqual(await line(widget.part('composer'), 'outline'), ['solid', 2], 'the composer has a ring');
    for (const name of ['again', 'renew', 'send']) {
      const [style, width] = await line(widget.button(name), 'borderTop');
      assert.ok(style === 'solid' && width >= 1, `${name} has a border`);
    }
    await widget.page.keyboard.press('Shift+Tab');
    const [style] = await widget.host.evaluate((host) => {
      const { outlineStyle } = getComputedStyle(host.shadowRoot.activeElement);
      return [outlineStyle];
    });
    assert.equal(style, 'solid', 'and so has whatever has the focus');
  }),

  ...both('P07: two megabytes in the composer', { timeout: 120_000 }, async (t) => {
    const widget = await t.open();
    const pasted = 'The quick brown fox. '.repeat(100_000);
    await widget.composer.evaluate((field, text) => {
      field.focus();
      field.value = text;
      field.setSelectionRange(text.length, text.length);
      field.dispatchEvent(new InputEvent('input', { inputType: 'insertFromPaste', bubbles: true, composed: true }));
    }, pasted);
    const line = widget.host.locator('#limit');
    await line.waitFor();
    const took = await tenKeys(widget);
    assert.equal((await widget.composer.inputValue()).length, pasted.length + 10, 'nothing is cut off');
    await until('the line to count', async () =>
      (await line.innerText()).includes((pasted.length + 10 - 8_000).toLocaleString('en')));
    assert.equal(await widget.composer.getAttribute('aria-invalid'), 'true');
    assert.ok(await widget.button('send').isDisabled());
    await widget.page.keyboard.press('Enter');
    assert.equal(await widget.part('message').count(), 0, 'it is not asked');

    await widget.composer.fill('x'.repeat(8_000));
    await line.waitFor({ state: 'hidden' });
    assert.ok(await widget.button('send').isEnabled());
    assert.equal(await widget.composer.getAttribute('aria-invalid'), null);

    // What the browser itself needs for such a text is not ours to spare.
    await (await widget.document()).evaluate((text) => {
      const field = document.body.appendChild(document.createElement('textarea'));
      field.value = text;
      field.focus();
      field.setSelectionRange(text.length, text.length);
    }, pasted);
    const bare = await tenKeys(widget);
    t.detail(`ten keys in ${took} ms, in a bare field ${bare} ms`);
    assert.ok(took < 2 * bare + 2_000, `ten keys took ${took} ms, in a bare field ${bare} ms`);
  }),

  test('P15: a wheel over the empty log of a panel in the page scrolls the page', {}, async (t) => {
    const widget = await t.open({ prepare: tall });
    await widget.composer.waitFor();
    await widget.part('log').hover();
    await widget.page.mouse.wheel(0, 300);
    await until('the page to scroll', async () => await scrolled(widget) > 100, 5_000);
  }),

  ...both('P15: a swipe on a phone\'s panel does not move the page', {}, async (t) => {
    const widget = await t.open({ how: 'script', prepare: tall, context: PHONE });
    await swipe(widget, 190, 600);
    const top = await scrolled(widget);
    assert.ok(top > 0, 'the page itself can be moved');
    await widget.part('launcher').tap();
    await widget.composer.waitFor();
    await widget.page.waitForTimeout(500);
    for (const name of ['header', 'log']) {
      const { x, y, width, height } = await widget.part(name).boundingBox();
      await swipe(widget, x + width / 2, y + height / 2);
      assert.equal(await scrolled(widget), top, `by its ${name}`);
    }
  }),

  ...both('P20: a browser without light-dark() and relative colours', {}, async (t) => {
    const widget = await t.open({ how: 'script', prepare: oldColours, context: { reducedMotion: 'reduce' } });
    await widget.part('launcher').click();
    await widget.composer.waitFor();
    await widget.answered('Hello');
    await widget.composer.fill('A draft');
    await t.screenshot(widget.page, `old-colours${t.framed ? '-framed' : ''}`);
    const [ground, ink] = await painted(widget.part('panel'), 'backgroundColor', 'color');
    assert.equal(ground[3], 255, 'the panel is not transparent');
    assert.ok(contrast(ground, ink) >= 4.5);
    for (const part of [widget.part('bubble').first(), widget.button('send')]) {
      const [own, text] = await painted(part, 'backgroundColor', 'color');
      assert.ok(own[3] === 255 && contrast(own, text) >= 4.5, JSON.stringify([own, text]));
    }
    // Behind a host without a box, as that of a launcher is, axe can't tell the ground.
    if (t.framed) assert.deepEqual(await findings(widget, ['color-contrast']), []);
  }),
];
