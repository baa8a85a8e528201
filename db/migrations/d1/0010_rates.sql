CREATE TABLE `customer_terms` (
	`provider_id` text NOT NULL,
	`payer` text NOT NULL,
	`level` text,
	`multiplier` text,
	`revision` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`provider_id`, `payer`),
	FOREIGN KEY (`provider_id`) REFERENCES `provider`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `oracle` (
	`id` text PRIMARY KEY NOT NULL,
	`provider_id` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`config` text NOT NULL,
	`min` text NOT NULL,
	`max` text NOT NULL,
	`stale_seconds` integer NOT NULL,
	`smoothing` integer DEFAULT 0 NOT NULL,
	`fallback` text,
	`enabled` integer NOT NULL,
	`secret_sealed` text,
	`previous_secret_sealed` text,
	`previous_until` integer,
	`revision` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	`last_seq` integer DEFAULT 0 NOT NULL,
	`value` text,
	`value_at` integer,
	`sent_at` integer,
	`stale_at` integer,
	`stale_since` integer,
	`next_at` integer,
	`failing_since` integer,
	`last_error` text,
	FOREIGN KEY (`provider_id`) REFERENCES `provider`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `oracle_provider` ON `oracle` (`provider_id`,`id`);--> statement-breakpoint
CREATE INDEX `oracle_due` ON `oracle` (`next_at`) WHERE "oracle"."next_at" is not null;--> statement-breakpoint
CREATE INDEX `oracle_stale` ON `oracle` (`stale_at`) WHERE "oracle"."stale_at" is not null;--> statement-breakpoint
CREATE TABLE `oracle_value` (
	`oracle_id` text NOT NULL,
	`seq` integer NOT NULL,
	`raw` text,
	`value` text,
	`status` text NOT NULL,
	`source` text NOT NULL,
	`message_id` text,
	`error` text,
	`sent_at` integer,
	`at` integer NOT NULL,
	PRIMARY KEY(`oracle_id`, `seq`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `oracle_value_message` ON `oracle_value` (`oracle_id`,`message_id`);--> statement-breakpoint
CREATE INDEX `oracle_value_at` ON `oracle_value` (`oracle_id`,`at`,`seq`);--> statement-breakpoint
CREATE TABLE `usage_hour` (
	`route_id` text NOT NULL,
	`hour` integer NOT NULL,
	`payments` integer NOT NULL,
	`amount` text NOT NULL,
	`units` text NOT NULL,
	PRIMARY KEY(`route_id`, `hour`)
);
--> statement-breakpoint
CREATE TABLE `usage_total` (
	`session` text NOT NULL,
	`payer` text NOT NULL,
	`route_id` text NOT NULL,
	`period` text NOT NULL,
	`units` text NOT NULL,
	`charged` text NOT NULL,
	`revision` integer NOT NULL,
	PRIMARY KEY(`session`, `route_id`, `period`)
);
--> statement-breakpoint
CREATE INDEX `usage_total_payer` ON `usage_total` (`payer`,`route_id`,`period`);--> statement-breakpoint
ALTER TABLE `micro_payment` ADD `usage` text;--> statement-breakpoint
ALTER TABLE `rate_card` ADD `effective_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `rate_card` ADD `withdrawn_at` integer;--> statement-breakpoint
CREATE INDEX `rate_card_effective` ON `rate_card` (`route_id`,`effective_at`);--> statement-breakpoint
ALTER TABLE `route` ADD `rate_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE `rate_card` SET `effective_at` = `created_at`;--> statement-breakpoint
UPDATE `route` SET `rate_at` = `updated_at`;