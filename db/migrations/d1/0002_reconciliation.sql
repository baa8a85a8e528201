CREATE TABLE `reconciliation` (
	`name` text PRIMARY KEY NOT NULL,
	`cursor` text NOT NULL,
	`round_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE TABLE `suspicion` (
	`channel_id` text NOT NULL,
	`what` text NOT NULL,
	`mark` text NOT NULL,
	`since` integer NOT NULL,
	PRIMARY KEY(`channel_id`, `what`)
);
--> statement-breakpoint
CREATE INDEX `suspicion_since` ON `suspicion` (`since`);--> statement-breakpoint
ALTER TABLE `sentinel_event` ADD `subject` text;--> statement-breakpoint
ALTER TABLE `sentinel_event` ADD `resolved_at` integer;--> statement-breakpoint
CREATE INDEX `sentinel_event_open` ON `sentinel_event` (`at`) WHERE "sentinel_event"."resolved_at" is null;--> statement-breakpoint
CREATE INDEX `sentinel_event_subject` ON `sentinel_event` (`subject`) WHERE "sentinel_event"."resolved_at" is null;