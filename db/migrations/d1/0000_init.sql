CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`detail` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `catalog` (
	`name` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `channel` (
	`id` text PRIMARY KEY NOT NULL,
	`session` text NOT NULL,
	`chain_id` integer NOT NULL,
	`receiver` text NOT NULL,
	`token` text NOT NULL,
	`provisional` text NOT NULL,
	`deposited` text NOT NULL,
	`returned` text NOT NULL,
	`accepted` text NOT NULL,
	`spent` text NOT NULL,
	`claimed` text NOT NULL,
	`settled` text NOT NULL,
	`lost` text NOT NULL,
	`revision` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `channel_session` ON `channel` (`session`);--> statement-breakpoint
CREATE TABLE `micro_payment` (
	`session` text NOT NULL,
	`seq` integer NOT NULL,
	`channel_id` text NOT NULL,
	`reservation_id` text,
	`request_id` text,
	`provider_id` text,
	`route_id` text,
	`rate_version` integer,
	`debit` text NOT NULL,
	`credit` text NOT NULL,
	`amount` text NOT NULL,
	`cumulative` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`session`, `seq`)
);
--> statement-breakpoint
CREATE INDEX `micro_payment_at` ON `micro_payment` (`at`);--> statement-breakpoint
CREATE INDEX `micro_payment_provider_at` ON `micro_payment` (`provider_id`,`at`);--> statement-breakpoint
CREATE INDEX `micro_payment_channel_at` ON `micro_payment` (`channel_id`,`at`);--> statement-breakpoint
CREATE TABLE `movement` (
	`session` text NOT NULL,
	`seq` integer NOT NULL,
	`kind` text NOT NULL,
	`channel_id` text NOT NULL,
	`debit` text NOT NULL,
	`credit` text NOT NULL,
	`amount` text NOT NULL,
	`transaction` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`session`, `seq`)
);
--> statement-breakpoint
CREATE INDEX `movement_channel_at` ON `movement` (`channel_id`,`at`);--> statement-breakpoint
CREATE TABLE `provider` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`pay_to` text NOT NULL,
	`enabled` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `rate_card` (
	`route_id` text NOT NULL,
	`version` integer NOT NULL,
	`rule` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`route_id`, `version`),
	FOREIGN KEY (`route_id`) REFERENCES `route`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `route` (
	`id` text PRIMARY KEY NOT NULL,
	`provider_id` text NOT NULL,
	`methods` text NOT NULL,
	`path` text NOT NULL,
	`origin` text NOT NULL,
	`chain_ids` text NOT NULL,
	`rate_version` integer,
	`body_priced` integer NOT NULL,
	`max_body_bytes` integer NOT NULL,
	`charge_on_abandon` integer NOT NULL,
	`credential_header` text,
	`credential_sealed` text,
	`enabled` integer NOT NULL,
	`audience` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`provider_id`) REFERENCES `provider`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `sentinel_event` (
	`id` text PRIMARY KEY NOT NULL,
	`what` text NOT NULL,
	`detail` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sentinel_event_at` ON `sentinel_event` (`at`);--> statement-breakpoint
CREATE TABLE `session_key` (
	`id` text PRIMARY KEY NOT NULL,
	`session` text NOT NULL,
	`chain_id` integer NOT NULL,
	`contract` text NOT NULL,
	`payer` text NOT NULL,
	`key` text NOT NULL,
	`first_seen_at` integer
);
--> statement-breakpoint
CREATE INDEX `session_key_payer` ON `session_key` (`payer`);--> statement-breakpoint
CREATE TABLE `settlement` (
	`chain_id` integer NOT NULL,
	`signer` text NOT NULL,
	`item_id` text NOT NULL,
	`purpose` text NOT NULL,
	`nonce` integer,
	`transaction` text,
	`status` text NOT NULL,
	`revision` integer NOT NULL,
	`channels` integer NOT NULL,
	`amount` text NOT NULL,
	`gas_used` text,
	`error` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`chain_id`, `signer`, `item_id`)
);
--> statement-breakpoint
CREATE INDEX `settlement_at` ON `settlement` (`at`);--> statement-breakpoint
CREATE TABLE `stream_session` (
	`id` text PRIMARY KEY NOT NULL,
	`chain_id` integer NOT NULL,
	`contract` text NOT NULL,
	`payer` text NOT NULL,
	`payer_authorizer` text NOT NULL,
	`last_seq` integer NOT NULL,
	`last_at` integer
);
--> statement-breakpoint
CREATE INDEX `stream_session_last_at` ON `stream_session` (`last_at`);