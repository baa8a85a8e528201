CREATE TABLE `alert_channel` (
	`id` text PRIMARY KEY NOT NULL,
	`scope` text NOT NULL,
	`kind` text NOT NULL,
	`settings` text NOT NULL,
	`sealed` text,
	`enabled` integer NOT NULL,
	`language` text NOT NULL,
	`confirmation` text,
	`confirmed_at` integer,
	`revision` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer
);
--> statement-breakpoint
CREATE INDEX `alert_channel_scope` ON `alert_channel` (`scope`,`id`) WHERE "alert_channel"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX `alert_channel_changed` ON `alert_channel` (`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `alert_channel_deleted` ON `alert_channel` (`deleted_at`) WHERE "alert_channel"."deleted_at" is not null;--> statement-breakpoint
CREATE TABLE `breaker` (
	`scope` text NOT NULL,
	`subject` text NOT NULL,
	`phase` text NOT NULL,
	`state` text NOT NULL,
	`cause` text,
	`until` integer,
	`by` text,
	`at` integer NOT NULL,
	`revision` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`scope`, `subject`)
);
--> statement-breakpoint
CREATE INDEX `breaker_open` ON `breaker` (`scope`,`subject`) WHERE phase <> 'closed';--> statement-breakpoint
CREATE TABLE `failure_hour` (
	`session` text NOT NULL,
	`provider_id` text NOT NULL,
	`route_id` text NOT NULL,
	`hour` integer NOT NULL,
	`calls` integer NOT NULL,
	`failures` integer NOT NULL,
	`revision` integer NOT NULL,
	PRIMARY KEY(`session`, `provider_id`, `route_id`, `hour`)
);
--> statement-breakpoint
CREATE INDEX `failure_hour_provider` ON `failure_hour` (`provider_id`,`hour`);--> statement-breakpoint
CREATE INDEX `failure_hour_route` ON `failure_hour` (`route_id`,`hour`);--> statement-breakpoint
CREATE INDEX `failure_hour_hour` ON `failure_hour` (`hour`);--> statement-breakpoint
CREATE TABLE `rule_version` (
	`scope` text NOT NULL,
	`rule_id` text NOT NULL,
	`version` integer NOT NULL,
	`rule` text NOT NULL,
	`revision` integer NOT NULL,
	`author` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`scope`, `rule_id`, `version`)
);
--> statement-breakpoint
CREATE TABLE `ruleset` (
	`scope` text NOT NULL,
	`revision` integer NOT NULL,
	`rules` text NOT NULL,
	`lists` text NOT NULL,
	`breaker` text,
	`author` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`scope`, `revision`)
);
--> statement-breakpoint
CREATE TABLE `ruleset_head` (
	`scope` text PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`pushed_revision` integer DEFAULT 0 NOT NULL,
	`pushed_after` text DEFAULT '' NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `ruleset_head_pushing` ON `ruleset_head` (`scope`) WHERE pushed_revision < revision;--> statement-breakpoint
CREATE TABLE `sentinel_decision` (
	`session` text NOT NULL,
	`number` integer NOT NULL,
	`id` text NOT NULL,
	`chain_id` integer,
	`payer` text,
	`scope` text NOT NULL,
	`at` integer NOT NULL,
	`action` text NOT NULL,
	`effect` text NOT NULL,
	`rule` text NOT NULL,
	`version` integer NOT NULL,
	`severity` text,
	`provider_id` text,
	`route_id` text,
	`amount` text,
	`country` text,
	`detail` text NOT NULL,
	`repeats` integer DEFAULT 0 NOT NULL,
	`last_at` integer NOT NULL,
	PRIMARY KEY(`session`, `number`)
);
--> statement-breakpoint
CREATE INDEX `sentinel_decision_id` ON `sentinel_decision` (`id`);--> statement-breakpoint
CREATE INDEX `sentinel_decision_at` ON `sentinel_decision` (`at`,`session`,`number`);--> statement-breakpoint
CREATE INDEX `sentinel_decision_session_at` ON `sentinel_decision` (`session`,`at`,`number`);--> statement-breakpoint
CREATE INDEX `sentinel_decision_payer_at` ON `sentinel_decision` (`payer`,`at`,`session`,`number`);--> statement-breakpoint
CREATE INDEX `sentinel_decision_scope_at` ON `sentinel_decision` (`scope`,`at`,`session`,`number`);--> statement-breakpoint
CREATE INDEX `sentinel_decision_payer_rule_at` ON `sentinel_decision` (`payer`,`rule`,`at`,`session`,`number`);--> statement-breakpoint
CREATE INDEX `sentinel_decision_scope_rule_at` ON `sentinel_decision` (`scope`,`rule`,`at`,`session`,`number`);--> statement-breakpoint
CREATE TABLE `sentinel_stop` (
	`id` text PRIMARY KEY NOT NULL,
	`session` text NOT NULL,
	`chain_id` integer NOT NULL,
	`payer` text NOT NULL,
	`key` text NOT NULL,
	`scope` text NOT NULL,
	`kind` text NOT NULL,
	`rule` text NOT NULL,
	`version` integer NOT NULL,
	`decision_id` text NOT NULL,
	`cause` text,
	`at` integer NOT NULL,
	`released_at` integer,
	`released_by` text,
	`reason` text
);
--> statement-breakpoint
CREATE INDEX `sentinel_stop_at` ON `sentinel_stop` (`at`,`id`);--> statement-breakpoint
CREATE INDEX `sentinel_stop_session` ON `sentinel_stop` (`session`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `sentinel_stop_payer` ON `sentinel_stop` (`payer`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `sentinel_stop_scope` ON `sentinel_stop` (`scope`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `sentinel_stop_open` ON `sentinel_stop` (`at`,`id`) WHERE "sentinel_stop"."released_at" is null;--> statement-breakpoint
CREATE INDEX `sentinel_stop_open_session` ON `sentinel_stop` (`session`,`at`,`id`) WHERE "sentinel_stop"."released_at" is null;--> statement-breakpoint
CREATE INDEX `sentinel_stop_open_payer` ON `sentinel_stop` (`payer`,`at`,`id`) WHERE "sentinel_stop"."released_at" is null;--> statement-breakpoint
CREATE INDEX `sentinel_stop_open_scope` ON `sentinel_stop` (`scope`,`at`,`id`) WHERE "sentinel_stop"."released_at" is null;--> statement-breakpoint
ALTER TABLE `micro_payment` ADD `country` text;--> statement-breakpoint
ALTER TABLE `micro_payment` ADD `place` text;