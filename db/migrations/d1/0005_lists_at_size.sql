DROP INDEX `micro_payment_provider_at`;--> statement-breakpoint
CREATE INDEX `micro_payment_route_at` ON `micro_payment` (`route_id`,`at`,`session`,`seq`);--> statement-breakpoint
CREATE INDEX `micro_payment_provider_at` ON `micro_payment` (`provider_id`,`at`,`session`,`seq`);--> statement-breakpoint
DROP INDEX `movement_channel_at`;--> statement-breakpoint
CREATE INDEX `movement_channel_at` ON `movement` (`channel_id`,`at`,`seq`);--> statement-breakpoint
ALTER TABLE `webhook_endpoint` ADD `failing_since` integer;--> statement-breakpoint
CREATE INDEX `webhook_delivery_endpoint_status` ON `webhook_delivery` (`endpoint_id`,`status`,`id`);--> statement-breakpoint
CREATE INDEX `webhook_delivery_owner` ON `webhook_delivery` (`owner`,`mode`,`id`);--> statement-breakpoint
CREATE INDEX `webhook_delivery_owner_status` ON `webhook_delivery` (`owner`,`mode`,`status`,`id`);--> statement-breakpoint
CREATE INDEX `webhook_delivery_owner_event` ON `webhook_delivery` (`owner`,`mode`,`event`,`id`);