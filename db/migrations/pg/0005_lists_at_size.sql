DROP INDEX "micro_payment_provider_at";--> statement-breakpoint
DROP INDEX "movement_channel_at";--> statement-breakpoint
ALTER TABLE "webhook_endpoint" ADD COLUMN "failing_since" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "micro_payment_route_at" ON "micro_payment" USING btree ("route_id","at","session","seq");--> statement-breakpoint
CREATE INDEX "webhook_delivery_endpoint_status" ON "webhook_delivery" USING btree ("endpoint_id","status","id");--> statement-breakpoint
CREATE INDEX "webhook_delivery_owner" ON "webhook_delivery" USING btree ("owner","mode","id");--> statement-breakpoint
CREATE INDEX "webhook_delivery_owner_status" ON "webhook_delivery" USING btree ("owner","mode","status","id");--> statement-breakpoint
CREATE INDEX "webhook_delivery_owner_event" ON "webhook_delivery" USING btree ("owner","mode","event","id");--> statement-breakpoint
CREATE INDEX "micro_payment_provider_at" ON "micro_payment" USING btree ("provider_id","at","session","seq");--> statement-breakpoint
CREATE INDEX "movement_channel_at" ON "movement" USING btree ("channel_id","at","seq");