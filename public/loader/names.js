// @ts-check
// Written by tests/lists.rs from src/embed/table.rs.
/** Options, in camelCase. */
const OPTION_NAMES = 'apiKey apiBase apiKind remoteModel target embed launcher mode backend model builtin ' +
  'knowledge handoff consent remoteConsent locale strings theme heading greeting prompts ' +
  'disclaimer persist systemPrompt maxTokens temperature debug';
/** Members of options, behind a hyphen. */
const OPTION_MEMBERS = 'model-url model-sha256 model-bytes model-name knowledge-url handoff-label handoff-url ' +
  'theme-colorScheme theme-accent theme-radius theme-density';
/** What a site is told. */
const EVENT_NAMES = 'ready open close message token error progress consent unread status sources unanswered ' +
  'feedback handoff destroy';
