import 'reflect-metadata'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Body, Controller, Get, HttpCode, Module, Post } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Meter, Paid, Payment, PaywallModule } from '@pbstream/sdk/nest'

@Controller()
class AppController {
  @Get('weather')
  @Paid('$0.002')
  weather(@Payment() payment: Payment) {
    return { weather: 'sunny', paidBy: payment.payer }
  }

  // $0.000003 a word, at most $0.01.
  @Post('shout')
  @HttpCode(200)
  @Paid({ max: '$0.01', unit: '$0.000003' })
  shout(@Body('text') text: string, @Meter() meter: Meter) {
    meter(text.split(' ').length)
    return { text: text.toUpperCase() }
  }
}

@Module({
  imports: [PaywallModule.forRoot()], // PB_GATEWAY_URL, and PB_AUDIENCE or PB_SECRET_KEY
  controllers: [AppController],
})
class AppModule {}

// rawBody: a payment is for the bytes of a body.
const app = await NestFactory.create(AppModule, { rawBody: true, logger: false })
await app.listen(process.env['PORT'] ?? 3000)
console.log(`listening on http://localhost:${((app.getHttpServer() as Server).address() as AddressInfo).port}`)
