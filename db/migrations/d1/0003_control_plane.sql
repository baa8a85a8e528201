CREATE TABLE `api_key` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`mode` text NOT NULL,
	`name` text NOT NULL,
	`prefix` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_key_hash` ON `api_key` (`hash`);--> statement-breakpoint
CREATE INDEX `api_key_owner` ON `api_key` (`owner`,`mode`,`id`);--> statement-breakpoint
CREATE TABLE `audit_head` (
	`chain` text NOT NULL,
	`day` text NOT NULL,
	`seq` integer NOT NULL,
	`hash` text NOT NULL,
	PRIMARY KEY(`chain`, `day`)
);
--> statement-breakpoint
CREATE TABLE `idempotency` (
	`owner` text NOT NULL,
	`mode` text NOT NULL,
	`key` text NOT NULL,
	`digest` text NOT NULL,
	`status` integer,
	`headers` text,
	`body` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`owner`, `mode`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_created_at` ON `idempotency` (`created_at`);--> statement-breakpoint
CREATE TABLE `owner` (
	`id` text PRIMARY KEY NOT NULL,
	`address` text NOT NULL,
	`chain_id` integer,
	`created_at` integer NOT NULL,
	`last_sign_in_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `relay_use` (
	`owner` text NOT NULL,
	`day` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`owner`, `day`)
);
--> statement-breakpoint
CREATE TABLE `sign_in` (
	`hash` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sign_in_expires_at` ON `sign_in` (`expires_at`);--> statement-breakpoint
CREATE TABLE `used_nonce` (
	`nonce` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `used_nonce_expires_at` ON `used_nonce` (`expires_at`);--> statement-breakpoint
CREATE TABLE `webhook_delivery` (
	`id` text PRIMARY KEY NOT NULL,
	`endpoint_id` text NOT NULL,
	`owner` text NOT NULL,
	`mode` text NOT NULL,
	`event_id` text NOT NULL,
	`event` text NOT NULL,
	`payload` text NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_at` integer NOT NULL,
	`last_status` integer,
	`last_error` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `webhook_delivery_endpoint` ON `webhook_delivery` (`endpoint_id`,`id`);--> statement-breakpoint
CREATE INDEX `webhook_delivery_pending` ON `webhook_delivery` (`next_at`) WHERE status = 'pending';--> statement-breakpoint
CREATE TABLE `webhook_endpoint` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`mode` text NOT NULL,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`secret_sealed` text NOT NULL,
	`previous_secret_sealed` text,
	`previous_until` integer,
	`enabled` integer NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `webhook_endpoint_owner` ON `webhook_endpoint` (`owner`,`mode`,`id`);--> statement-breakpoint
ALTER TABLE `audit` ADD `chain` text DEFAULT 'legacy' NOT NULL;--> statement-breakpoint
ALTER TABLE `audit` ADD `seq` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `audit` ADD `prev` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `audit` ADD `hash` text DEFAULT '' NOT NULL;--> statement-breakpoint
UPDATE `audit` SET `seq` = `id`;--> statement-breakpoint
CREATE UNIQUE INDEX `audit_chain_seq` ON `audit` (`chain`,`seq`);--> statement-breakpoint
ALTER TABLE `provider` ADD `owner` text;--> statement-breakpoint
ALTER TABLE `provider` ADD `mode` text DEFAULT 'live' NOT NULL;--> statement-breakpoint
ALTER TABLE `provider` ADD `revision` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `provider` ADD `withdraw_delay` integer;--> statement-breakpoint
ALTER TABLE `provider` ADD `settle_amount` text;--> statement-breakpoint
ALTER TABLE `provider` ADD `settle_age_ms` integer;--> statement-breakpoint
ALTER TABLE `provider` ADD `pending_pay_to` text;--> statement-breakpoint
ALTER TABLE `provider` ADD `pending_pay_to_at` integer;--> statement-breakpoint
CREATE INDEX `provider_owner` ON `provider` (`owner`,`mode`,`id`);--> statement-breakpoint
ALTER TABLE `route` ADD `revision` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `route` ADD `adapter` text;--> statement-breakpoint
ALTER TABLE `session_key` ADD `public_id` text;--> statement-breakpoint
ALTER TABLE `session_key` ADD `owner` text;--> statement-breakpoint
ALTER TABLE `session_key` ADD `mode` text;--> statement-breakpoint
ALTER TABLE `session_key` ADD `name` text;--> statement-breakpoint
ALTER TABLE `session_key` ADD `permission` text;--> statement-breakpoint
ALTER TABLE `session_key` ADD `routes` text;--> statement-breakpoint
ALTER TABLE `session_key` ADD `status` text DEFAULT 'unmanaged' NOT NULL;--> statement-breakpoint
ALTER TABLE `session_key` ADD `version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `session_key` ADD `key_id` text;--> statement-breakpoint
ALTER TABLE `session_key` ADD `registered` text DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE `session_key` ADD `made_by` text;--> statement-breakpoint
ALTER TABLE `session_key` ADD `replaces` text;--> statement-breakpoint
ALTER TABLE `session_key` ADD `replaced_by` text;--> statement-breakpoint
ALTER TABLE `session_key` ADD `grace_until` integer;--> statement-breakpoint
ALTER TABLE `session_key` ADD `created_at` integer;--> statement-breakpoint
ALTER TABLE `session_key` ADD `updated_at` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `session_key_public_id` ON `session_key` (`public_id`);--> statement-breakpoint
CREATE INDEX `session_key_owner` ON `session_key` (`owner`,`mode`,`public_id`);